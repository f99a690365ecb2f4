"""Reviews to opinions, sentence by sentence, so that every opinion knows its sentence: one without a target, too.

Called by `parts` and `frames`; `output`, `quotes` and the counts speak in these opinions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from aspectra.analyze.table import Entry
from aspectra.errors import UserError
from aspectra.markup import read
from aspectra.readers.extraction import Extractor
from aspectra.sentences import spans


class Opinion(NamedTuple):
    """`start` and `end` are character offsets into the review, None where no target is named."""

    target: str | None
    category: str | None
    polarity: str
    start: int | None
    end: int | None
    confidence: float | None
    sentence: str | None


FIELDS = Opinion._fields


class Found(NamedTuple):
    """The opinions of a review; `cut` where some answer was cut off by the length limit, `under` how many were left out
    for too little confidence."""

    opinions: list[Opinion]
    cut: bool
    under: int = 0


Opinions = Iterable[tuple[int, Found]]
"""What was found in a table: the number of a review in its file and its opinions, in the order of the table."""


def extract(texts: Sequence[str], predictor: Extractor) -> list[Found]:
    """The opinions of each text, whose sentences are those that a reader sees: HTML may end one."""
    asked: list[tuple[int, int, str]] = []
    for number, text in enumerate(texts):
        reading = read(text)
        for span in spans(reading.text):
            first, last = reading.given(*span)
            asked.append((number, first, text[first:last]))
    extractions = predictor.extract([sentence for _, _, sentence in asked])
    found = [Found([], False) for _ in texts]
    for (number, first, sentence), extraction in zip(asked, extractions, strict=True):
        for o in extraction.opinions:
            start = None if o.start is None else first + o.start
            end = None if o.end is None else first + o.end
            found[number].opinions.append(Opinion(o.target, o.category, o.polarity, start, end, o.confidence, sentence))
        if extraction.cut or extraction.under:
            had = found[number]
            found[number] = had._replace(cut=had.cut or extraction.cut, under=had.under + extraction.under)
    return found


def joined(entries: Iterable[Entry], opinions: Opinions) -> Iterator[tuple[Entry, Found]]:
    """Every review with what was found in it: nothing, where the second, in the same order, does not speak of it.

    Raises UserError where that speaks of reviews that are not there.
    """
    found = iter(opinions)
    ahead = next(found, None)
    for entry in entries:
        if ahead is not None and ahead[0] == entry.row:
            yield entry, ahead[1]
            ahead = next(found, None)
        else:
            yield entry, Found([], False)
    if ahead is not None:
        raise UserError(
            f"the table has changed since its opinions were read (row {ahead[0]}); read them again (--replace)"
        )
