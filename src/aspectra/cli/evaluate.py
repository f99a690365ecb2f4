"""`aspectra evaluate`: a student on a test set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aspectra.config import FinetuneConfig
from aspectra.tasks import CHOICE

app = typer.Typer(add_completion=False, rich_markup_mode=None)
DEFAULT = FinetuneConfig()


@app.command(epilog="Example: aspectra evaluate runs/tuned --task atsa --data rest14 --subset all --subset implicit")
def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Folder of a fine-tuned student, or an export.")],
    data: Annotated[str, typer.Option(help="Set (see `aspectra data list`), or folder with test.json.")],
    task: Annotated[str | None, typer.Option(help=f"Task: {CHOICE}. [the model's own]")] = None,
    subset: Annotated[
        list[str] | None, typer.Option(help="Subset of the sentences: all, implicit or multi; may be repeated. [all]")
    ] = None,
    scoring: Annotated[
        list[str] | None, typer.Option(help="Scoring: strict or paper; may be repeated. [strict]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for predictions.jsonl and the manifest. [not stored]")
    ] = None,
    cap: Annotated[int | None, typer.Option(min=1, help="Number of test sentences, drawn by seed. [all]")] = None,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Longest answer, in tokens.")] = DEFAULT.max_new_tokens,
    batch_size: Annotated[int, typer.Option(min=1, help="Sentences read at once.")] = DEFAULT.eval_batch_size,
    device: Annotated[str, typer.Option(help="Device: auto, cpu, cuda or mps.")] = DEFAULT.device,
    threads: Annotated[int | None, typer.Option(min=1, help="Number of threads. [the engine's own choice]")] = None,
    engine: Annotated[
        str | None,
        typer.Option(
            help="Engine that runs the model: transformers or ct2. [ct2 for an export, transformers for a "
            "student's folder]"
        ),
    ] = None,
    bf16: Annotated[
        bool, typer.Option("--bf16", help="Decode with 16-bit weights: faster, with rare differences.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run a student over a test set and score it."""
    from aspectra.benchmark.evaluate import evaluate as work
    from aspectra.cli.output import percent, table, write
    from aspectra.progress import say

    figures = work(
        model,
        task,
        data,
        subsets=tuple(subset or ["all"]),
        scoring=tuple(scoring or ["strict"]),
        out=out,
        cap=cap,
        max_new_tokens=max_new_tokens,
        batch_size=batch_size,
        device=device,
        threads=threads,
        bf16=bf16,
        engine=engine,
    )["figures"]
    if out is None:
        say("evaluate: the predictions were not stored; use --out DIR to store them")
    if json:
        write(figures)
        return
    if any(row["gold"] for row in figures["rows"]) and not any(row["correct"] for row in figures["rows"]):
        say("evaluate: no opinion is right; was this student fine-tuned for the task, on enough sentences?")
    what, shares = ("scoring", "subset", "sentences"), ("precision", "recall", "f1")
    rows = [[*(row[each] for each in what), *(percent(row[each]) for each in shares)] for row in figures["rows"]]
    name = figures["task"]
    table([*what, "precision", "recall", "F1"], rows, f"{name} {data.removeprefix(f'{name}/')}, in percent")
    print(f"{figures['seconds_per_sentence']:.3f} seconds a sentence, {figures['parameters'] / 1e6:.0f} M parameters")
