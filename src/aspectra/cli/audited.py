"""Prints the figures of a person's judgments of a teacher or a reader. Called by `aspectra.cli.score`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.cli import output
from aspectra.elicit import verdicts
from aspectra.elicit.audit import QUESTIONS
from aspectra.score import checks
from aspectra.score.saved import CHECK, read

INTERVAL = ("low", "high")
COUNTS = ("right", "judged", "unanswered")
BY_MODEL = ("kind", "model")
PERCENT = "shares in percent"


def show(file: Path, as_json: bool) -> None:
    """Print the figures of a file that a page saved. Raises UserError for any other file."""
    saved = read(file)
    check = CHECK in saved
    found = (checks if check else verdicts).score(saved, str(file))
    if as_json:
        output.write(found)
    elif check:
        reader(found)
    else:
        teacher(found)


def teacher(found: dict[str, Any]) -> None:
    """A teacher's precision, and the judgments of each question."""
    parts = [("all", "", found)]
    parts += [(group, name, part) for group, values in found["by"].items() for name, part in values.items()]
    columns = ("precision", *INTERVAL, *COUNTS)
    output.table(("of", "", *columns), [(group, name, *line(part, columns)) for group, name, part in parts], PERCENT)
    asked = ("share", *INTERVAL, "right", "judged")
    rows = [
        (QUESTIONS[question], f"{group} {name}".rstrip(), *line(figures, asked))
        for question in QUESTIONS
        for group, name, part in parts
        if group in ("all", *BY_MODEL) and (figures := part["questions"].get(question))
    ]
    if rows:
        output.table(("question", "of", *asked), rows, PERCENT)
    drawn = found["responses"]
    print(f"{drawn['drawn']} answers were drawn: {drawn['done']} accepted, {drawn['rejected']} rejected")
    print("low to high: 95 % Wilson interval")


def reader(found: dict[str, Any]) -> None:
    """A reader's precision and recall on the checked reviews."""
    parts = [("all", found), ("targets, whatever the polarity", found["targets"])]
    parts += [(name, part) for name, part in found["by"]["polarity"].items() if any(f["of"] for f in part.values())]
    columns = ("share", *INTERVAL, "right", "of")
    output.table(
        ("opinions", "figure", *columns),
        [(what, name, *line(part[name], columns)) for what, part in parts for name in ("precision", "recall")],
        PERCENT,
    )
    drawn, who = found["sentences"], found["reader"]
    print(
        f"{drawn['finished']} of {drawn['drawn']} sentences finished, drawn from {drawn['of']:,}; recall "
        "covers the finished ones"
    )
    if who and who.get("name"):
        print(f"read by {who['name']} {who.get('version') or ''}".rstrip())
    print("low to high: 95 % Wilson interval")


def line(figures: dict[str, Any], columns: Sequence[str]) -> list[object]:
    """The figures of these columns: counts unchanged, others in percent."""
    return [figures[c] if c in (*COUNTS, "of") else output.percent(figures[c]) for c in columns]
