"""`aspectra score`: scores any system's predictions against gold files."""

from __future__ import annotations

from pathlib import Path

import typer

from aspectra.tasks import CHOICE

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(
    epilog="Example: aspectra score --gold test.json --gold hard_test.json --pred out.jsonl --task atsa    "
    "(or: aspectra score --audit audit-1f0c6a52b7e0d934.json)"
)
def score(
    gold: list[Path] | None = typer.Option(None, help="Benchmark JSON file; may be repeated, in order."),
    pred: Path | None = typer.Option(
        None, help="File of predictions: JSONL, one line for each sentence, in the order of the gold."
    ),
    task: str | None = typer.Option(None, help=f"Task: {CHOICE}."),
    subset: str = typer.Option(
        "all",
        help="Subset of the sentences: all, implicit (an opinion without opinion words) or multi (several polarities).",
    ),
    scoring: str = typer.Option("strict", help="Scoring: strict, or paper (the authors' scorer to the last digit)."),
    audit: Path | None = typer.Option(
        None, help="File that the page of `elicit --audit` or of `check` saved; use it without the other options."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document."),
    more: list[Path] | None = typer.Argument(None, hidden=True),
) -> None:
    """Score the predictions of any system, or, with --audit, your judgments of a teacher or a reader.

    Without --audit, you need --gold, --pred and --task. A prediction is {"text", "raw"} with the linear form, or
    {"text", "opinions": [{"target", "category", "polarity"}]}. Sentences are matched by position.
    """
    from dataclasses import asdict

    from aspectra import tasks
    from aspectra.cli import output
    from aspectra.data.examples import load
    from aspectra.errors import UserError, unknown
    from aspectra.progress import say
    from aspectra.score import scoring as scorer
    from aspectra.score.doubts import doubts, unfit
    from aspectra.score.predictions import read_predictions
    from aspectra.score.subsets import SUBSETS, unmarked

    if audit is not None:
        from aspectra.cli.audited import show

        if gold or pred or task or more:
            raise UserError("--audit takes no other files: leave out --gold, --pred and --task")
        show(audit, as_json)
        return
    for name, value in (("gold", gold), ("pred", pred), ("task", task)):
        if not value:
            raise UserError(f"--{name} is missing (see 'aspectra score --help')")
    assert gold is not None and pred is not None and task is not None
    tasks.get(task)
    if subset not in SUBSETS:
        raise unknown("subset", subset, SUBSETS)
    if scoring not in tasks.SCORINGS:
        raise unknown("scoring", scoring, tasks.SCORINGS)
    # `--gold data/*.json` passes all files but the first as arguments.
    examples = [example for path in [*gold, *(more or [])] for example in load(path)]
    predictions = read_predictions(pred)
    try:
        result = scorer.score(examples, predictions, task, scoring, subset)
    except UserError as error:
        raise UserError(f"{pred}: {error}") from None
    if wrong := unfit(examples, task):
        say(f"score: {wrong}")
    if note := unmarked(examples, subset):
        say(f"score: {note}")
    for doubt in doubts(predictions, task):
        say(f"{pred}: {doubt}")
    if as_json:
        output.write(asdict(result))
        return
    f1, precision, recall = map(output.percent, (result.f1, result.precision, result.recall))
    print(f"F1 {f1}  precision {precision}  recall {recall}  (percent)")
    print(f"{task}, {scoring} scoring, {subset}: {result.sentences} sentences")
    print(f"{result.correct} of {result.predicted} predictions right, {result.found} of {result.gold} gold found")
