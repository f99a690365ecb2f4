"""Turns a person's judgments of a teacher's answers, from the file that the audit page saves, into shares.

Called by `aspectra score --audit`. A file of the first format has one mark for each statement, right or wrong. Later
ones have an answer to each question of `aspectra.elicit.audit`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from aspectra.elicit.audit import FORMAT, QUESTIONS
from aspectra.errors import UserError
from aspectra.score.shares import fractions

OLD = 1
MARKS = ("right", "wrong", None)
COUNTS = ("drawn", "done", "rejected")
GROUPS = ("kind", "model", "polarity", "target")
Mark = str | None


def score(saved: dict[str, Any], file: str) -> dict[str, Any]:
    """The share of judged statements that are right, and of each question, with intervals: overall, and by `GROUPS`.

    `saved` is the JSON document that the page saved as `file`. Returns `precision`, `low`, `high` (Wilson, 95 %),
    `right`, `judged`, `unanswered`; `questions`, the same for each that was asked with `share` in place of `precision`;
    all this under `by` for each value of each group; and `responses`, the counts of the draw. Raises UserError if
    `saved` is not a saved audit, or if nothing is judged.
    """
    check(saved, file)
    marks: list[dict[str, Any]] = saved["opinions"]
    if not any(any(answers(each).values()) or each.get("mark") for each in marks):
        raise UserError(f"{file}: none of the {len(marks)} opinions is judged; mark some on the page, and save again")
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {name: defaultdict(list) for name in GROUPS}
    for each in marks:
        groups["kind"][each["kind"]].append(each)
        for name in ("model", "polarity"):
            if each.get(name) is not None:
                groups[name][each[name]].append(each)
        if each["explicit"] is not None:
            groups["target"]["explicit" if each["explicit"] else "implicit"].append(each)
    return {
        **figures(marks),
        "by": {name: {value: figures(found[value]) for value in sorted(found)} for name, found in groups.items()},
        "responses": saved["responses"],
    }


def figures(marks: list[dict[str, Any]]) -> dict[str, Any]:
    """Precision of some statements, and the share of each question that was asked about them."""
    asked = {name: [said[name] for each in marks if name in (said := answers(each))] for name in QUESTIONS}
    return {
        **share(map(verdict, marks), "precision"),
        "questions": {name: share(said, "share") for name, said in asked.items() if said},
    }


def share(marks: Iterable[Mark], name: str) -> dict[str, Any]:
    """Counts of some marks; the fractions are None if there are no marks."""
    found = Counter(marks)
    right, judged = found["right"], found["right"] + found["wrong"]
    part, low, high = fractions(right, judged)
    return {
        name: part,
        "low": low,
        "high": high,
        "right": right,
        "judged": judged,
        "unanswered": found[None],
    }


def verdict(statement: dict[str, Any]) -> Mark:
    """Wrong if one decisive answer is wrong, right if all are right, else None."""
    if "mark" in statement:
        mark: Mark = statement["mark"]
        return mark
    said = answers(statement)
    found = [said[name] for name in decisive(statement["kind"]) if name in said]
    return "wrong" if "wrong" in found else "right" if set(found) == {"right"} else None


def decisive(kind: str) -> tuple[str, ...]:
    """The questions that decide whether a statement is right: silver labels use only its target and sentiment."""
    return ("sentiment", "invented") if kind == "rewriting" else ("target", "sentiment")


def answers(statement: dict[str, Any]) -> dict[str, Mark]:
    """The answer to each question; empty for a file of the first format."""
    found: dict[str, Mark] = statement.get("answers", {})
    return found


def check(saved: dict[str, Any], file: str) -> None:
    """Raise UserError for a document that no audit page saved."""
    if saved.get("audit") not in (OLD, FORMAT):
        raise UserError(
            f"{file} has another format ({saved.get('audit')!r}); score it with the version of Aspectra that "
            "made its page"
        )
    counts = saved.get("responses")
    counted = isinstance(counts, dict) and all(isinstance(counts.get(name), int) for name in COUNTS)
    if not counted or not all(_entry(each, saved["audit"]) for each in saved["opinions"]):
        raise UserError(f"{file} is not a saved audit: save it again on the page that `aspectra elicit --audit` made")


def _entry(value: Any, form: int) -> bool:
    """Whether a value is an entry of a saved audit of that format."""
    if not (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and isinstance(value.get("polarity", 0), str | None)
        and isinstance(value.get("explicit", 0), bool | None)
    ):
        return False
    if form == OLD:
        return value.get("mark", 0) in MARKS
    said = value.get("answers")
    return (
        isinstance(value.get("model"), str)
        and isinstance(said, dict)
        and said.keys() <= QUESTIONS.keys()
        and all(mark in MARKS for mark in said.values())
    )
