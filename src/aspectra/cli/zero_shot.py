"""`aspectra zero-shot`: polarity without labeled examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from aspectra.tasks import CHOICE

app = typer.Typer(add_completion=False, rich_markup_mode=None)
TEACHERS = ("openai", "local", "transformers", "recorded")


@app.command(epilog="Example: aspectra zero-shot runs/student --data atsa/rest14 --data rest16 --floor smollm2-135m")
def zero_shot(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="Folder or name of a pretrained student, export of a tagger, or name of an LLM."
        ),
    ],
    data: Annotated[
        list[str] | None, typer.Option(help="Set (`aspectra data list`), TASK/SET or folder; may be repeated.")
    ] = None,
    task: Annotated[str | None, typer.Option(help=f"Task: {CHOICE}, where --data does not say it.")] = None,
    texts: Annotated[Path | None, typer.Option(help="File of whole texts with labels: JSONL, CSV or Parquet.")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column of --texts with the texts. [found by name]")] = None,
    label_column: Annotated[
        str | None, typer.Option(help="Column of --texts with the labels: positive, negative, neutral. [found by name]")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(help="Encoding of --texts, as in cp1252. [byte-order mark, else utf-8]")
    ] = None,
    floor: Annotated[
        str | None, typer.Option(help="Student without distillation to compare with, as in smollm2-135m.")
    ] = None,
    llm: Annotated[
        str | None, typer.Option(help="Kind of LLM that MODEL is: openai, local, transformers, recorded. [a student]")
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of the LLM's OpenAI-compatible endpoint.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="Another setting of the LLM, as in `elicit`; may be repeated."),
    ] = None,
    answers: Annotated[Path | None, typer.Option(help="Folder that stores the LLM's answers.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for predictions.jsonl and the manifest.")] = None,
    cap: Annotated[
        int | None, typer.Option(min=1, help="Number of test sentences of each set, drawn by seed. [all]")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw, and of the intervals.")] = 42,
    aspect: Annotated[
        str, typer.Option(help="Aspect line at the beginning of an analysis for atsa; empty leaves it out.")
    ] = "{target}",
    batch_size: Annotated[int, typer.Option(min=1, help="Number of questions in a batch.")] = 8,
    device: Annotated[str, typer.Option(help="Device: auto, cpu, cuda or mps.")] = "auto",
    threads: Annotated[int | None, typer.Option(min=1, help="Number of torch's threads. [its own choice]")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Classify the polarity of a target, a category or a whole text without labeled examples.

    For a student, the result is the most likely of positive, negative and neutral in an analysis. An LLM (--llm) is
    asked for the word. The table also has the majority class and, with --floor, a student without distillation.
    """
    from aspectra.benchmark.zero_shot import Texts
    from aspectra.benchmark.zero_shot import zero_shot as work
    from aspectra.cli.output import table, write
    from aspectra.errors import UserError

    if texts is None and (text_column or label_column or encoding):
        raise UserError("--text-column, --label-column and --encoding need --texts FILE")
    if llm is None and (base_url or setting or answers):
        raise UserError("--base-url, --set and --answers need --llm TEACHER")
    figures = work(
        model,
        tuple(data or ()),
        texts=Texts(texts, text_column, label_column, encoding) if texts is not None else None,
        task=task,
        floor=floor,
        llm=teacher(llm, model, base_url, setting or []) if llm is not None else None,
        answers=answers,
        out=out,
        cap=cap,
        seed=seed,
        aspect=aspect,
        batch_size=batch_size,
        device=device,
        threads=threads,
    )
    if json:
        write(figures)
        return
    columns = ("system", "subset", "n", "accuracy", "95 %", "macro F1", "95 %", "P alone")
    for each in figures["sets"]:
        name = (each["task"], each["data"])
        rows = [shown(row) for row in figures["rows"] if (row["task"], row["data"]) == name]
        table(columns, rows, f"{' '.join(name)}: percent of n items; P alone: accuracy before calibration")
    for note in figures["notes"]:
        print(note)


def shown(row: dict[str, Any]) -> list[Any]:
    """A row of the table for display."""
    from aspectra.cli.output import percent

    ends = [
        each and f"{100 * each['low']:.1f} to {100 * each['high']:.1f}"
        for each in (row["intervals"]["accuracy"], row["intervals"]["macro_f1"])
    ]
    plain = row["uncalibrated"] and row["uncalibrated"]["accuracy"]
    accuracy, macro, alone = map(percent, (row["accuracy"], row["macro_f1"], plain))
    return [row["system"], row["subset"], row["items"], accuracy, ends[0], macro, ends[1], alone]


def teacher(name: str, model: str, base_url: str | None, changes: list[str]) -> Any:
    """The settings of the LLM."""
    from aspectra.config import ElicitConfig
    from aspectra.errors import unknown
    from aspectra.settings import load

    if name not in TEACHERS:
        raise unknown("teacher", name, TEACHERS)
    base = {"teacher": name, "model": model, "base_url": base_url, "kinds": ["polarity"]}
    return load(ElicitConfig, None, changes, base)
