"""`aspectra score`: the predictions of any system against gold files."""

from __future__ import annotations

from pathlib import Path

import typer

from aspectra.tasks import CHOICE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(epilog="Example: aspectra score --gold test.json --gold hard_test.json --pred out.jsonl --task atsa")
def score(
    gold: list[Path] = typer.Option(..., help="Benchmark JSON file; several are read one after the other."),
    pred: Path = typer.Option(..., help="Predictions, JSONL, one line a sentence in the order of the gold."),
    task: str = typer.Option(..., help=f"{CHOICE}."),
    subset: str = typer.Option("all", help="all, implicit (an opinion without opinion words) or multi (polarities)."),
    scoring: str = typer.Option("strict", help="strict, or paper: the authors' scorer to the last digit."),
    as_json: bool = typer.Option(False, "--json", help="One JSON document on stdout."),
    more: list[Path] | None = typer.Argument(None, hidden=True),
) -> None:
    """Score the predictions of any system.

    A prediction is {"text", "raw"} with the linear form, or {"text", "opinions": [{"target", "category",
    "polarity"}]}. Sentences are matched by position.
    """
    from dataclasses import asdict

    from aspectra import tasks
    from aspectra.benchmark import scoring as scorer
    from aspectra.benchmark.datasets import load
    from aspectra.benchmark.subsets import SUBSETS
    from aspectra.cli import output
    from aspectra.errors import unknown

    tasks.get(task)
    if subset not in SUBSETS:
        raise unknown("subset", subset, SUBSETS)
    if scoring not in tasks.SCORINGS:
        raise unknown("scoring", scoring, tasks.SCORINGS)
    # `--gold data/*.json` leaves all files but the first as arguments.
    examples = [example for path in [*gold, *(more or [])] for example in load(path)]
    result = scorer.score(examples, scorer.read_predictions(pred), task, scoring, subset)
    if as_json:
        output.write(asdict(result))
        return
    print(f"F1 {result.f1:.4f}  precision {result.precision:.4f}  recall {result.recall:.4f}")
    print(f"{task}, {scoring} scoring, {subset}: {result.sentences} sentences")
    print(f"{result.correct} of {result.predicted} predictions right, {result.found} of {result.gold} gold found")
