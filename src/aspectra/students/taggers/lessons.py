"""What a tagger learns from: labeled sentences, gold or silver, a teacher's probabilities, and ratings.

Called by `student`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aspectra.data.soft import Soft
from aspectra.schema import Example
from aspectra.students.student import Lessons
from aspectra.students.taggers import blend
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
    softs: Mapping[str, Soft] | None = None,
    share: float = 0.0,
) -> Lessons:
    """A row for each sentence, with tags and polarities; one for each (text, rating in stars), with the rating.

    `softs` are a teacher's probabilities by the id of a sentence: `share` of its target, in [0, 1], is theirs. Raises
    nothing: a sentence without targets teaches that there are none.
    """
    rows = Rows([kind for kind in WEIGHTS if kind != "rating" or ratings])
    cut = 0
    for first in range(0, len(examples), BATCH):
        some = examples[first : first + BATCH]
        for example, pieces in zip(some, encoder.pieces([each.text for each in some]), strict=True):
            rows.add(labeled(example, pieces, (softs or {}).get(example.id), share))
            cut += pieces.cut
        tick(len(some))
    for first in range(0, len(ratings), BATCH):
        rated = ratings[first : first + BATCH]
        for (_, stars), pieces in zip(rated, encoder.pieces([text for text, _ in rated]), strict=True):
            rows.add({"ids": pieces.ids, "rating": stars})
            cut += pieces.cut
    return Lessons(rows, len(rows), {"inputs": cut}, {kind: WEIGHTS[kind] for kind in rows.kinds})


def labeled(example: Example, pieces: Pieces, soft: Soft | None = None, share: float = 0.0) -> dict[str, Any]:
    """A row: token ids; for each word its first token and its tag; for each token its span; each span's polarities.
    With a teacher's probabilities also `leaning`: the words whose tag is a distribution."""
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
