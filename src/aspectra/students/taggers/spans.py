"""Opinions of a sentence as spans of words, and the inverse. Pure.

Called by `lessons` and `aspectra.readers.taggers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aspectra.schema import POLARITIES, Opinion, Span

OUTSIDE, BEGIN, INSIDE = 0, 1, 2
TAGS = ("O", "B", "I")


def of_opinions(opinions: Iterable[Opinion], words: Sequence[Span]) -> dict[Span, set[str]]:
    """The polarities of each span of words (first, end) that has a target, in order.

    A target that covers part of a word takes the whole word. Spans do not overlap: of two overlapping ones the earlier
    is kept, or the longer if both begin at the same word. Targets without offsets are dropped.
    """
    found: dict[Span, set[str]] = {}
    for opinion in opinions:
        if (span := of_opinion(opinion, words)) is not None:
            found.setdefault(span, set()).add(opinion.polarity)
    kept: dict[Span, set[str]] = {}
    last = 0
    for span in sorted(found, key=lambda s: (s[0], -s[1])):
        if span[0] >= last:
            kept[span] = found[span]
            last = span[1]
    return kept


def covered(place: Span, words: Sequence[Span]) -> Span | None:
    """The words (first, end) that overlap a range of the text; None if there are none."""
    inside = [n for n, (start, end) in enumerate(words) if start < place[1] and place[0] < end]
    return (inside[0], inside[-1] + 1) if inside else None


def of_opinion(opinion: Opinion, words: Sequence[Span]) -> Span | None:
    """The words that an opinion's target overlaps; None if it has no offsets, or no word is there."""
    if opinion.start is None or opinion.end is None:
        return None
    return covered((opinion.start, opinion.end), words)


def tags(spans: Iterable[Span], count: int) -> list[int]:
    """The tag of each of `count` words.

    >>> [TAGS[tag] for tag in tags([(1, 3)], 4)]
    ['O', 'B', 'I', 'O']
    """
    found = [OUTSIDE] * count
    for first, end in spans:
        found[first] = BEGIN
        found[first + 1 : end] = [INSIDE] * (end - first - 1)
    return found


def of_tags(tags: Sequence[int]) -> list[Span]:
    """The spans of words that tags mark; an I tag without a span before it starts a new span.

    >>> of_tags([2, 2, 0, 1, 1])
    [(0, 2), (3, 4), (4, 5)]
    """
    found: list[Span] = []
    for number, tag in enumerate(tags):
        if tag == OUTSIDE:
            continue
        if tag == BEGIN or not found or found[-1][1] != number:
            found.append((number, number + 1))
        else:
            found[-1] = (found[-1][0], number + 1)
    return found


def shares(polarities: Iterable[str]) -> list[float]:
    """A span's polarities as a uniform distribution over `POLARITIES`."""
    said = set(polarities)
    return [1 / len(said) if name in said else 0.0 for name in POLARITIES]
