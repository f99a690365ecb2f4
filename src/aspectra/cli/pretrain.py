"""`aspectra pretrain`: distills a corpus into a student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aspectra.config import PretrainConfig
from aspectra.errors import unknown
from aspectra.presets import PRETRAIN_PRESETS
from aspectra.settings import load

app = typer.Typer(add_completion=False, rich_markup_mode=None)
DEFAULT = PretrainConfig()


@app.command(epilog="Example: aspectra pretrain runs/corpus --student smollm2-135m --out runs/student")
def pretrain(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Folder that `aspectra corpus` made.")],
    student: Annotated[str, typer.Option(help="Student: a name (see `aspectra models list`), a folder, or a Hub id.")],
    out: Annotated[Path, typer.Option(help="Folder for the pretrained student.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help="Named settings: cpu, tagger, or paper (the authors'). [tagger for an encoder, cpu for a writer]"
        ),
    ] = None,
    kinds: Annotated[
        str | None,
        typer.Option(help=f"Kinds of text: analysis, rewriting, rating, denoise. [{','.join(DEFAULT.kinds)}]"),
    ] = None,
    device: Annotated[str | None, typer.Option(help=f"Device: auto, cpu, cuda or mps. [{DEFAULT.device}]")] = None,
    seed: Annotated[int | None, typer.Option(help=f"Seed of order and dropout. [{DEFAULT.seed}]")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another setting, as in learning_rate=1e-4 or lora_rank=16; may be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest's figures as JSON.")] = False,
) -> None:
    """Teach a small model to write what the teacher wrote about each review.

    Several GPUs: torchrun --nproc-per-node 4 -m aspectra pretrain ...
    """
    from aspectra.cli.output import leads, table, write
    from aspectra.students.families import fitting
    from aspectra.students.pretrain import pretrain as work

    if preset not in (None, *PRETRAIN_PRESETS):
        raise unknown("preset", str(preset), PRETRAIN_PRESETS)
    given: dict[str, Any] = dict(PRETRAIN_PRESETS[fitting(student, "pretrain", preset)])
    if kinds is not None:
        given["kinds"] = [kind.strip() for kind in kinds.split(",") if kind.strip()]
        known = ("analysis", "rewriting", "rating", "denoise")
        for kind in given["kinds"]:
            if kind not in known:
                raise unknown("kind", kind, known)
    given |= {key: value for key, value in (("device", device), ("seed", seed)) if value is not None}
    figures = work(corpus, student, load(PretrainConfig, None, changes or [], given), out)["figures"]
    if not leads():
        return
    if json:
        write(figures)
        return
    table(
        ["kind", "held-out loss before", "after"],
        [[kind, losses["before"], losses["after"]] for kind, losses in figures["held_out"].items()],
    )
    cut = ", ".join(f"{number} {what}" for what, number in figures["cut"].items())
    print(
        f"{out}: {figures['steps']} steps, {figures['answer_tokens']} {figures.get('counted', 'answer tokens')}, "
        f"{figures['answer_tokens_per_second']:.0f} a second; cut: {cut}"
    )
