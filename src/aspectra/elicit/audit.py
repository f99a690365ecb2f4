"""Draws a sample of a teacher's answers for a person to judge.

`draw` fills the page of `aspectra.report.audit` (`aspectra elicit --audit`). `aspectra.elicit.verdicts` scores the
judgments.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.elicit import handoff
from aspectra.elicit.analysis import analysis
from aspectra.elicit.extraction import extraction, find
from aspectra.elicit.polarity import judgment
from aspectra.errors import UserError
from aspectra.files import canonical
from aspectra.schema import Response
from aspectra.teachers.recorded import task_of

FORMAT = 2
# The questions about each statement, from the human evaluation in arXiv 2412.18552.
QUESTIONS = {
    "target": "target right",
    "sentiment": "sentiment right",
    "reasoning": "reasoning convincing",
    "invented": "nothing invented",
}
# The questions that apply to each kind.
ASKED = {
    "analysis": ("target", "sentiment", "reasoning", "invented"),
    "extraction": ("target", "sentiment"),
    "polarity": ("sentiment",),
    "rewriting": ("sentiment", "invented"),
}


@dataclass(frozen=True, slots=True)
class Statement:
    """What can be right or wrong. `told` has (label, text) pairs of the answer's other fields.

    `polarity` is None if the answer states none of the four. `place` is the target's span in the review, or None if
    there is none.
    """

    target: str
    polarity: str | None
    told: tuple[tuple[str, str], ...] = ()
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """An answer and its statements: none if it was rejected or finds no opinion."""

    response: Response
    statements: tuple[Statement, ...]

    def marks(self) -> list[dict[str, Any]]:
        """One entry for each statement, in the format of the saved file, without judgments."""
        kind = self.response.kind
        return [
            {
                "review_id": self.response.review_id,
                "kind": kind,
                "model": self.response.model,
                "target": each.target,
                "polarity": each.polarity,
                "explicit": each.place is not None if kind == "analysis" or each.target else None,
                "answers": dict.fromkeys(ASKED[kind]),
            }
            for each in self.statements
        ]


def draw(folder: Path, count: int, seed: int) -> tuple[list[Drawn], int]:
    """`count` answers of the folder's last run, done or rejected, and how many there are to draw from.

    Each answer gets a number that depends only on the seed and the answer. The lowest are drawn, in that order. So the
    same seed draws the same answers even if others are added, and whoever stops early has judged a random sample too.
    Raises UserError for a folder without a store or without answers.
    """
    there = 0

    def answers() -> Iterable[Response]:
        nonlocal there
        for response in handoff.responses(folder, last=True):
            if response.status in ("done", "rejected"):
                there += 1
                yield response

    def lot(r: Response) -> bytes:
        told = canonical([seed, r.review_id, r.kind, r.prompt_version, r.model, r.settings])
        return hashlib.sha256(told.encode("utf-8", "replace")).digest()

    drawn = heapq.nsmallest(count, answers(), key=lot)
    if not drawn:
        raise UserError(f"{folder} has no answers yet: there is nothing to audit")
    return [Drawn(each, tuple(statements(each))) for each in drawn], there


def statements(response: Response) -> list[Statement]:
    """The statements of an accepted answer, in order. None for a rejected answer, which no training uses."""
    text, review = response.text or "", response.review
    if response.status != "done":
        return []
    if response.kind == "analysis":
        return [
            Statement(
                b.target,
                b.polarity,
                # The sentiment as written, if it says more than the polarity.
                _told(
                    aspect=b.aspect,
                    sentiment=b.sentiment if b.sentiment.lower() != b.polarity else None,
                    reasoning=b.reasoning,
                ),
                _place(b.target, review),
            )
            for b in analysis(text, review)
        ]
    if response.kind == "extraction":
        return [
            Statement(
                o.target or "",
                o.polarity or None,
                _told(category=o.category),
                None if o.start is None or o.end is None else (o.start, o.end),
            )
            for o in extraction(text, review, task_of(response.settings))
        ]
    if response.kind == "polarity":
        return [Statement("", judgment(text))]
    return [Statement("", None, _told(rewriting=text))]


def _told(**said: str | None) -> tuple[tuple[str, str], ...]:
    return tuple((label, text) for label, text in said.items() if text)


def _place(target: str, review: str) -> tuple[int, int] | None:
    start = find(target, review)
    return None if start is None else (start, start + len(target))
