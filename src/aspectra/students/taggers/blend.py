"""Blends hard labels and a teacher's probabilities into one target of the loss. Pure; called by `lessons`.

Cross entropy is linear in its target, (1 - s) CE(hard) + s CE(teacher) = CE((1 - s) hard + s teacher), so blending the
targets is enough. The teacher has its own tokenizer, so its words may differ: a word gets the teacher's probabilities
if the teacher has a word at the same place, and keeps only the hard label otherwise.

The teacher's spans may differ too. A hard span that overlaps one of them is blended with its polarities, whatever the
boundaries: both judge the same thing. A hard span that overlaps none keeps only its hard polarities. A span that only
the teacher has gets the teacher's polarities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aspectra.data.soft import Soft
from aspectra.schema import Span
from aspectra.students.taggers.spans import OUTSIDE, TAGS, covered

Shares = Mapping[Span, Sequence[float]]


def leaning(soft: Soft, words: Sequence[Span], tags: Sequence[int], share: float) -> list[tuple[int, list[float]]]:
    """(index of a word, its distribution over `TAGS`) for each word whose target is not just its hard tag."""
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
    """The shares of `POLARITIES` of each span of words that is trained on, in order; spans do not overlap."""
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
    """The length of the overlap of two spans; not positive if there is none."""
    return min(one[1], other[1]) - max(one[0], other[0])


def meet(one: Span, other: Span) -> bool:
    """Whether two spans overlap."""
    return shared(one, other) > 0
