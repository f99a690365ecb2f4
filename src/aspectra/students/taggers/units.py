"""What is said of a sentence, by unit: of each target in it, and of the sentence as a whole. Pure.

For tasks that name categories; called by `lessons` and `student`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aspectra.schema import Opinion, Span
from aspectra.students.taggers.spans import of_opinion, of_opinions
from aspectra.tasks.acsa import named

Unit = Span | None
"""A target's words (first, behind the last); None is the sentence as a whole."""
Said = dict[str, set[str]]
"""Categories, as answers have them, each with its polarities."""


def names(categories: Iterable[str | None]) -> tuple[str, ...]:
    """Categories as answers have them, each once, sorted."""
    return tuple(sorted({named(category) for category in categories if category} - {""}))


def units(opinions: Iterable[Opinion], words: Sequence[Span], targets: bool) -> dict[Unit, Said]:
    """What is said of each unit, targets in order and the whole at the end; of the whole it may be nothing.

    Without `targets` all is said of the whole. With them, what is said of one that has no place, or that overlaps
    another which is taken (`spans.of_opinions`), is left out; so is an opinion without a category.
    """
    about = [(named(o.category), o) for o in opinions if o.category and named(o.category)]
    spans = of_opinions((opinion for _, opinion in about), words) if targets else ()
    found: dict[Unit, Said] = {unit: {} for unit in (*spans, None)}
    for category, opinion in about:
        unit = of_opinion(opinion, words) if targets else None
        if unit in found and (unit is not None or not targets or opinion.target is None):
            found[unit].setdefault(category, set()).add(opinion.polarity)
    return found
