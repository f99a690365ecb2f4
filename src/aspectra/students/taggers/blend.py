"""Hard labels and a teacher's probabilities as one target of the loss. Pure; called by `lessons`.

Cross entropy is linear in its target, (1 - s) CE(hard) + s CE(teacher) = CE((1 - s) hard + s teacher), so that a blend
of the targets is all there is to make. Words may differ, for the teacher has a tokenizer of its own: a word takes the
teacher's probabilities where the teacher has one at its place, and keeps the hard label alone where it has not.

A teacher names spans of its own. A hard span that touches one takes its polarities: both judge the same thing, whatever
the boundaries. One that touches none keeps the hard polarities alone; one that only the teacher names is learned from
the teacher alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aspectra.data.soft import Soft
from aspectra.schema import Span
from aspectra.students.taggers.spans import OUTSIDE, TAGS, covered

Shares = Mapping[Span, Sequence[float]]


def leaning(soft: Soft, words: Sequence[Span], tags: Sequence[int], share: float) -> list[tuple[int, list[float]]]:
    """(number of a word, its distribution over `TAGS`) for each word whose target is other than its hard tag alone."""
    found = []
    for number, (word, tag) in enumerate(zip(words, tags, strict=True)):
        chances = soft.words.get(word)
        if chances is None:
            left_out = (
                soft.read[0] <= word[0] and word[1] <= soft.read[1] and not any(meet(word, w) for w in soft.words)
            )
            if not left_out or tag == OUTSIDE:
                continue
            chances = (0.0, 0.0)
        hard = [float(tag == each) for each in range(len(TAGS))]
        found.append((number, blended(hard, (1 - sum(chances), *chances), share)))
    return found


def polarities(soft: Soft, words: Sequence[Span], hard: Shares, share: float) -> dict[Span, list[float]]:
    """The shares of `POLARITIES` of each span of words that is learned, in order; spans do not overlap."""
    theirs: dict[Span, Sequence[float]] = {}
    for place, shares in sorted(soft.spans.items()):
        span = covered(place, words)
        if span is not None and not any(meet(span, other) for other in theirs):
            theirs[span] = shares
    found = {span: list(shares) for span, shares in theirs.items() if not any(meet(span, other) for other in hard)}
    for span, said in hard.items():
        near = max(theirs, key=lambda other: shared(span, other), default=span)
        meets = near in theirs and meet(span, near)
        found[span] = blended(said, theirs[near], share) if meets else list(said)
    return dict(sorted(found.items()))


def blended(hard: Sequence[float], soft: Sequence[float], share: float) -> list[float]:
    """
    >>> blended([1.0, 0.0], [0.5, 0.5], 0.5)
    [0.75, 0.25]
    """
    return [(1 - share) * one + share * other for one, other in zip(hard, soft, strict=True)]


def shared(one: Span, other: Span) -> int:
    """How much two stretches have in common."""
    return min(one[1], other[1]) - max(one[0], other[0])


def meet(one: Span, other: Span) -> bool:
    """Whether they have anything in common."""
    return shared(one, other) > 0
