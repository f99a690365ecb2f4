"""Splits a text at the ends of marks, for pages on which a person judges.

Called by `audit` and `check`. Offsets are Python's code points; browsers count differently, so no page computes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from aspectra.report.tables import SIGNS, distinct
from aspectra.schema import Span


class Mark(NamedTuple):
    """A span of the text that belongs to a card."""

    number: int
    span: Span
    polarity: str | None


def pieces(text: str, marks: Sequence[Mark], more: Iterable[Span] = ()) -> list[dict[str, Any]]:
    """The text split at the ends of `marks`, and of `more` spans. Each piece has its offset, the numbers of its cards,
    and their polarity as its tone, `unknown` if they disagree.

    >>> [piece["text"] for piece in pieces("The soup was cold.", [Mark(0, (4, 8), "negative")])]
    ['The ', 'soup', ' was cold.']
    """
    spans = [*(mark.span for mark in marks), *more]
    found = []
    for start, end in pairwise(sorted({0, len(text), *(place for span in spans for place in span)})):
        about = [mark for mark in marks if mark.span[0] <= start and end <= mark.span[1]]
        said = distinct(mark.polarity or "" for mark in about)
        found.append(
            {
                "text": text[start:end],
                "from": start,
                "to": end,
                "about": " ".join(str(mark.number) for mark in about),
                "tone": said[0] if len(said) == 1 and said[0] in SIGNS else "unknown",
            }
        )
    return found
