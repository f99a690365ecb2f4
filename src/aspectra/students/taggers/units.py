"""The labels of a sentence by unit: of each target in it, and of the sentence as a whole. Pure.

For tasks with categories; called by `lessons` and `student`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aspectra.schema import Opinion, Span
from aspectra.students.taggers.spans import of_opinion, of_opinions
from aspectra.tasks.acsa import named

Unit = Span | None
"""A target's words (first, end); None is the sentence as a whole."""
Said = dict[str, set[str]]
"""Categories, as written in answers, each with its polarities."""


def names(categories: Iterable[str | None]) -> tuple[str, ...]:
    """Category names as written in answers, unique and sorted."""
    return tuple(sorted({named(category) for category in categories if category} - {""}))


def units(opinions: Iterable[Opinion], words: Sequence[Span], targets: bool) -> dict[Unit, Said]:
    """The labels of each unit: targets in order, then the whole sentence, which may have none.

    Without `targets` every label belongs to the whole. With them, a label is dropped if its target has no offsets or
    overlaps another that is kept (`spans.of_opinions`), or if it has no category.
    """
    about = [(named(o.category), o) for o in opinions if o.category and named(o.category)]
    spans = of_opinions((opinion for _, opinion in about), words) if targets else ()
    found: dict[Unit, Said] = {unit: {} for unit in (*spans, None)}
    for category, opinion in about:
        unit = of_opinion(opinion, words) if targets else None
        if unit in found and (unit is not None or not targets or opinion.target is None):
            found[unit].setdefault(category, set()).add(opinion.polarity)
    return found
