"""Whether the teacher can be trusted: a draw of its answers for a person to judge, and what the judgments say.

`draw` fills the page of `aspectra.report.audit` (`aspectra elicit --audit`); `score` reads the file that this page
saves (`aspectra score --audit`).
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter, defaultdict
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
from aspectra.score.shares import wilson
from aspectra.teachers.recorded import task_of

FORMAT = 1
MARKS = ("right", "wrong", None)
COUNTS = ("drawn", "done", "rejected")
GROUPS = ("kind", "polarity", "target")


@dataclass(frozen=True, slots=True)
class Statement:
    """What can be right or wrong. `told` are (label, text) pairs of what was said besides.

    `polarity` is None where the words map to none of the four, or state none. `place` is where the target stands in
    the review; None where it does not, or where none is named.
    """

    target: str
    polarity: str | None
    told: tuple[tuple[str, str], ...] = ()
    place: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """An answer and what it states: nothing where it was rejected, or finds no opinion."""

    response: Response
    statements: tuple[Statement, ...]

    def marks(self) -> list[dict[str, Any]]:
        """One entry a statement, as the saved file has them: still without a judgment."""
        kind = self.response.kind
        return [
            {
                "review_id": self.response.review_id,
                "kind": kind,
                "target": each.target,
                "polarity": each.polarity,
                "explicit": each.place is not None if kind == "analysis" or each.target else None,
                "mark": None,
            }
            for each in self.statements
        ]


def draw(folder: Path, count: int, seed: int) -> tuple[list[Drawn], int]:
    """`count` answers of the folder's last run, done or rejected, and how many there are to draw from.

    Each answer has a number that hangs on the seed and itself alone; those with the lowest are drawn, in that order. So
    the same seed draws the same answers however many others came since, and whoever stops early has judged a draw too.
    Raises UserError for a folder without a store, or without answers.
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
        raise UserError(f"{folder} holds no answers yet: there is nothing to audit")
    return [Drawn(each, tuple(statements(each))) for each in drawn], there


def statements(response: Response) -> list[Statement]:
    """What an accepted answer states, in its order; nothing of a rejected one, from which nothing is learned."""
    text, review = response.text or "", response.review
    if response.status != "done":
        return []
    if response.kind == "analysis":
        return [
            Statement(
                b.target,
                b.polarity,
                # The sentiment as written, where it says more than the polarity.
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


def score(file: Path) -> dict[str, Any]:
    """The share of judged statements that are right, with its interval: of all, and by `GROUPS`.

    Returns `precision`, `low`, `high` (Wilson, 95 %), `right`, `judged`, `unanswered`, the same under `by` for each
    value of each group, and `responses`, the counts of what was drawn. Raises UserError for what is no saved audit,
    and where nothing is judged.
    """
    saved = _read(file)
    marks: list[dict[str, Any]] = saved["opinions"]
    if not any(each["mark"] for each in marks):
        raise UserError(
            f"{file}: none of the {len(marks)} opinions is judged yet; mark some on the page, and save again"
        )
    groups: dict[str, dict[str, list[dict[str, Any]]]] = {name: defaultdict(list) for name in GROUPS}
    for each in marks:
        groups["kind"][each["kind"]].append(each)
        if each["polarity"] is not None:
            groups["polarity"][each["polarity"]].append(each)
        if each["explicit"] is not None:
            groups["target"]["explicit" if each["explicit"] else "implicit"].append(each)
    return {
        **precision(marks),
        "by": {name: {value: precision(found[value]) for value in sorted(found)} for name, found in groups.items()},
        "responses": saved["responses"],
    }


def precision(marks: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Figures of some marks; the fractions are None where none of them is judged."""
    found = Counter(each["mark"] for each in marks)
    right, judged = found["right"], found["right"] + found["wrong"]
    low, high = wilson(right, judged) if judged else (None, None)
    return {
        "precision": right / judged if judged else None,
        "low": low,
        "high": high,
        "right": right,
        "judged": judged,
        "unanswered": found[None],
    }


def _read(file: Path) -> dict[str, Any]:
    wrong = UserError(f"{file} is no saved audit: `aspectra elicit --audit 50 --out DIR` makes the page that saves one")
    try:
        saved = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"there is no file {file}") from None
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise wrong from None
    if not isinstance(saved, dict) or not isinstance(saved.get("opinions"), list):
        raise wrong
    if saved.get("audit") != FORMAT:
        raise UserError(
            f"{file} is an audit of another format ({saved.get('audit')!r}); score it with the Aspectra of its page"
        )
    counts = saved.get("responses")
    counted = isinstance(counts, dict) and all(isinstance(counts.get(name), int) for name in COUNTS)
    if not counted or not all(_mark(each) for each in saved["opinions"]):
        raise wrong
    return saved


def _mark(value: Any) -> bool:
    """Whether a value is an entry of a saved audit."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("kind"), str)
        and isinstance(value.get("polarity", 0), str | None)
        and isinstance(value.get("explicit", 0), bool | None)
        and value.get("mark", 0) in MARKS
    )
