"""Selects quotes for a topic: confident sentences of medium length, from different reviews.

Called by `aspectra.analyze.topics`.
"""

from __future__ import annotations

from dataclasses import dataclass

from aspectra.analyze.opinions import Opinion
from aspectra.markup import read

SHORT, LONG = 40, 160  # characters that read well
WIDEST = 280  # a longer sentence is cropped around the opinion


@dataclass(frozen=True, slots=True, order=True)
class Quote:
    """A sentence and its opinion at [start, end) (None: without a target); a lower `cost` is more typical."""

    cost: float
    row: int
    sentence: str
    start: int | None
    end: int | None


def quote(opinion: Opinion, row: int, text: str) -> Quote | None:
    """The opinion's sentence as a quote, without its HTML; None if it has no sentence."""
    if not opinion.sentence:
        return None
    sentence, start, end = opinion.sentence, None, None
    if opinion.start is not None and opinion.end is not None:
        base = text.rfind(sentence, 0, opinion.start + len(sentence))
        if 0 <= base <= opinion.start and opinion.end <= base + len(sentence):
            start, end = opinion.start - base, opinion.end - base
    if start is None and opinion.target and (at := sentence.find(opinion.target)) >= 0:
        start, end = at, at + len(opinion.target)
    reading = read(sentence)
    if start is not None and end is not None:
        start, end = reading.seen(start, end)
    sentence = reading.text
    length = len(sentence)
    outside = max(0, SHORT - length, length - LONG) / 100
    cost = round(outside - (opinion.confidence or 0.0), 4)
    return Quote(cost, row, *cropped(sentence, start, end))


def cropped(sentence: str, start: int | None, end: int | None) -> tuple[str, int | None, int | None]:
    """The sentence, or the part of it around the opinion if it is too long."""
    if len(sentence) <= WIDEST:
        return sentence, start, end
    if start is None or end is None:
        return sentence[:WIDEST].rstrip() + "…", None, None
    first = max(0, min(start - WIDEST // 2, len(sentence) - WIDEST))
    last = first + WIDEST
    left, right = "…" if first else "", "…" if last < len(sentence) else ""
    return left + sentence[first:last] + right, start - first + len(left), min(end, last) - first + len(left)


def keep(quotes: list[Quote], found: Quote, most: int) -> None:
    """Insert a quote if it is among the `most` best; at most one per review, and no sentence twice."""
    for n, other in enumerate(quotes):
        if other.row == found.row or other.sentence == found.sentence:
            if found < other:
                quotes[n] = found
                quotes.sort()
            return
    if len(quotes) < most or found < quotes[-1]:
        quotes.append(found)
        quotes.sort()
        del quotes[most:]
