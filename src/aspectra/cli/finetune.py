"""`aspectra finetune`: a student learns a task from labeled sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aspectra.config import FinetuneConfig
from aspectra.errors import unknown
from aspectra.presets import FINETUNE_PRESETS
from aspectra.settings import load
from aspectra.tasks import CHOICE

app = typer.Typer(add_completion=False, rich_markup_mode=None)
DEFAULT = FinetuneConfig()


@app.command(
    epilog="Example: aspectra finetune --task atsa --data runs/corpus/silver --student runs/student --out tuned"
)
def finetune(
    task: Annotated[str, typer.Option(help=f"Task: {CHOICE}.")],
    data: Annotated[str, typer.Option(help="Set (see `aspectra data list`), or folder with train.json and dev.json.")],
    student: Annotated[str, typer.Option(help="Student: a name (see `aspectra models list`), a folder, or a Hub id.")],
    out: Annotated[Path, typer.Option(help="Folder for the fine-tuned student.")],
    preset: Annotated[
        str | None,
        typer.Option(
            help="Named settings: cpu, tagger, or paper (the authors'). [tagger for an encoder, cpu for a writer]"
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(help=f"Seed of shots, order and dropout. [{DEFAULT.seed}]")] = None,
    shots: Annotated[int | None, typer.Option(help="Number of training sentences, drawn by --seed. [all]")] = None,
    dev_cap: Annotated[int | None, typer.Option(help="Number of dev sentences, drawn by --seed. [all]")] = None,
    epochs: Annotated[float | None, typer.Option(help=f"Passes over the sentences. [{DEFAULT.epochs:g}]")] = None,
    device: Annotated[str | None, typer.Option(help=f"Device: auto, cpu, cuda or mps. [{DEFAULT.device}]")] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Another setting, as in learning_rate=1e-4 or batch_size=16; may be repeated.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest's figures as JSON.")] = False,
) -> None:
    """Fine-tune a student on a task's sentences; the epoch with the best dev F1 is kept.

    Several GPUs: torchrun --nproc-per-node 4 -m aspectra finetune ...
    """
    from aspectra import tasks
    from aspectra.cli.output import leads, percent, table, write
    from aspectra.progress import say
    from aspectra.students.families import fitting
    from aspectra.students.finetune import finetune as work

    tasks.get(task)
    if preset not in (None, *FINETUNE_PRESETS):
        raise unknown("preset", str(preset), FINETUNE_PRESETS)
    options = {"seed": seed, "shots": shots, "dev_cap": dev_cap, "epochs": epochs, "device": device}
    given: dict[str, Any] = FINETUNE_PRESETS[fitting(student, "finetune", preset)] | {"task": task, "data": data}
    given |= {key: value for key, value in options.items() if value is not None}
    figures = work(student, load(FinetuneConfig, None, changes or [], given), out)["figures"]
    if not leads():
        return
    if json:
        write(figures)
        return
    table(
        ["epoch", "dev F1", "precision", "recall"],
        [[line["epoch"], *(percent(line[name]) for name in ("f1", "precision", "recall"))] for line in figures["dev"]],
        "strict, in percent",
    )
    if figures["dev_f1"] is None:
        print(f"{out}: epoch {figures['best_epoch']}, the last, is kept; no dev label was read")
        return
    if not figures["dev_f1"]:
        say("finetune: no opinion on dev is right; try more sentences or epochs, or a higher learning rate")
    print(f"{out}: epoch {figures['best_epoch']} kept, dev F1 {percent(figures['dev_f1'])} (strict, in percent)")
