"""Training rows of a tagger: from labeled sentences (gold or silver), a teacher's probabilities, and ratings.

Called by `student`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aspectra.data.soft import Soft
from aspectra.schema import Example
from aspectra.students.student import Lessons
from aspectra.students.taggers import blend
from aspectra.students.taggers.rows import KINDS, Rows
from aspectra.students.taggers.spans import of_opinions, shares, tags
from aspectra.students.taggers.units import units
from aspectra.students.taggers.words import Encoder, Pieces

WEIGHTS = {"tags": 1.0, "polarity": 0.5, "rating": 0.2, "category": 0.25}  # of the losses, if the settings give none


def from_examples(
    encoder: Encoder,
    examples: Sequence[Example],
    ratings: Sequence[tuple[str, float]] = (),
    tick: Callable[[int], None] = lambda _: None,
    softs: Mapping[str, Soft] | None = None,
    share: float = 0.0,
) -> Lessons:
    """One row for each sentence, with tags and polarities; one for each (text, rating in stars), with the rating.

    `softs` has a teacher's probabilities by sentence id; they make up `share`, in [0, 1], of the target. Raises
    nothing: a sentence without targets teaches that there are none.
    """
    rows = Rows(KINDS[: 3 if ratings else 2])
    cut = 0
    for example, pieces in zip(examples, encoder.stream([each.text for each in examples], tick), strict=True):
        rows.add(labeled(example, pieces, (softs or {}).get(example.id), share))
        cut += pieces.cut
    for (_, stars), pieces in zip(ratings, encoder.stream([text for text, _ in ratings]), strict=True):
        rows.add({"ids": pieces.ids, "rating": stars})
        cut += pieces.cut
    return Lessons(rows, len(rows), {"inputs": cut}, {kind: WEIGHTS[kind] for kind in rows.kinds})


def of_categories(encoder: Encoder, examples: Sequence[Example], names: Sequence[str], targets: bool) -> Lessons:
    """One row for each sentence, with the polarities of each category of `names`, and with tags if the task has
    `targets`. Raises nothing."""
    rows = Rows(KINDS)
    cut = 0
    for example, pieces in zip(examples, encoder.stream([each.text for each in examples]), strict=True):
        rows.add(judged(example, pieces, names, targets))
        cut += pieces.cut
    return Lessons(rows, len(rows), {"inputs": cut}, WEIGHTS)


def judged(example: Example, pieces: Pieces, names: Sequence[str], targets: bool) -> dict[str, Any]:
    """A row: token ids; tags and spans as in `labeled`, if the task has targets; and for each span, then for the
    sentence as a whole, the polarities of each category by its index."""
    said = units(example.opinions, pieces.words, targets)
    spans = [unit for unit in said if unit is not None]
    number = {word: n for n, (first, end) in enumerate(spans) for word in range(first, end)}
    row = {
        "ids": pieces.ids,
        "span_of": [number.get(word, -1) for word in pieces.word_of],
        "units": [{names.index(name): shares(each) for name, each in about.items()} for about in said.values()],
    }
    return row | ({"first": pieces.first, "tags": tags(spans, len(pieces.words))} if targets else {})


def labeled(example: Example, pieces: Pieces, soft: Soft | None = None, share: float = 0.0) -> dict[str, Any]:
    """A row: token ids; each word's first token and tag; each token's span; each span's polarities. With a teacher's
    probabilities also `leaning`: the words whose tag is a distribution."""
    spans = of_opinions(example.opinions, pieces.words)
    hard = tags(spans, len(pieces.words))
    said = {span: shares(polarities) for span, polarities in spans.items()}
    more = {}
    if soft is not None and share:
        said = blend.polarities(soft, pieces.words, said, share)
        more = {"leaning": blend.leaning(soft, pieces.words, hard, share)}
    number = {word: n for n, (first, end) in enumerate(said) for word in range(first, end)}
    return {
        "ids": pieces.ids,
        "first": pieces.first,
        "tags": hard,
        "span_of": [number.get(word, -1) for word in pieces.word_of],
        "polarities": list(said.values()),
        **more,
    }


def rated(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """(text, stars) of the rating rows of a corpus, {"kind", "input", "output"}."""
    return [(row["input"], float(row["output"])) for row in rows if row["kind"] == "rating"]
