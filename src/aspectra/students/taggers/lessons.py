"""What a tagger learns from: labeled sentences, gold or silver, and ratings. Called by `student`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aspectra.schema import Example
from aspectra.students.student import Lessons
from aspectra.students.taggers.rows import Rows
from aspectra.students.taggers.spans import of_opinions, shares, tags
from aspectra.students.taggers.words import Encoder, Pieces

BATCH = 1024  # sentences that are encoded together
WEIGHTS = {"tags": 1.0, "polarity": 0.5, "rating": 0.2}  # of the losses, where the settings give none


def from_examples(
    encoder: Encoder,
    examples: Sequence[Example],
    ratings: Sequence[tuple[str, float]] = (),
    tick: Callable[[int], None] = lambda _: None,
) -> Lessons:
    """A row for each sentence, with tags and polarities; one for each (text, rating in stars), with the rating.

    Raises nothing: a sentence without targets teaches that there are none.
    """
    rows = Rows([kind for kind in WEIGHTS if kind != "rating" or ratings])
    cut = 0
    for first in range(0, len(examples), BATCH):
        some = examples[first : first + BATCH]
        for example, pieces in zip(some, encoder.pieces([each.text for each in some]), strict=True):
            rows.add(labeled(example, pieces))
            cut += pieces.cut
        tick(len(some))
    for first in range(0, len(ratings), BATCH):
        rated = ratings[first : first + BATCH]
        for (_, stars), pieces in zip(rated, encoder.pieces([text for text, _ in rated]), strict=True):
            rows.add({"ids": pieces.ids, "rating": stars})
            cut += pieces.cut
    return Lessons(rows, len(rows), {"inputs": cut}, {kind: WEIGHTS[kind] for kind in rows.kinds})


def labeled(example: Example, pieces: Pieces) -> dict[str, Any]:
    """A row: token ids; for each word its first token and its tag; for each token its span; each span's polarities."""
    spans = of_opinions(example.opinions, pieces.words)
    number = {word: n for n, (first, end) in enumerate(spans) for word in range(first, end)}
    return {
        "ids": pieces.ids,
        "first": pieces.first,
        "tags": tags(spans, len(pieces.words)),
        "span_of": [number.get(word, -1) for word in pieces.word_of],
        "polarities": [shares(said) for said in spans.values()],
    }


def rated(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, float]]:
    """(text, stars) of the rating rows of a corpus, {"kind", "input", "output"}."""
    return [(row["input"], float(row["output"])) for row in rows if row["kind"] == "rating"]
