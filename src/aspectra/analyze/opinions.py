"""From reviews to opinions, sentence by sentence, so that every opinion has its sentence, even without a target.

Called by `parts` and `frames`; `output`, `quotes` and the counts use these opinions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from aspectra.analyze.table import Entry
from aspectra.errors import UserError
from aspectra.markup import read
from aspectra.readers.extraction import Extraction, Extractor
from aspectra.sentences import spans


class Opinion(NamedTuple):
    """`start` and `end` are character offsets into the review, None if there is no target."""

    target: str | None
    category: str | None
    polarity: str
    start: int | None
    end: int | None
    confidence: float | None
    sentence: str | None


FIELDS = Opinion._fields


class Found(NamedTuple):
    """The opinions of a review; `cut`: some answer reached the length limit; `under`: the number of opinions below the
    minimum confidence."""

    opinions: list[Opinion]
    cut: bool
    under: int = 0


Opinions = Iterable[tuple[int, Found]]
"""The results for a table: the number of a review in its file and its opinions, in the order of the table."""


Asked = tuple[int, int, str]
"""(the index of a review, where a sentence begins in it, the sentence)"""


def extract(texts: Sequence[str], predictor: Extractor) -> list[Found]:
    """The opinions of each text. Sentences are split as for the reader: HTML may end one."""
    return begin(texts, predictor)()


def begin(texts: Sequence[str], predictor: Extractor) -> Callable[[], list[Found]]:
    """Begin to read texts; the function returned waits for the result of `extract`."""
    asked: list[Asked] = []
    for number, text in enumerate(texts):
        reading = read(text)
        for span in spans(reading.text):
            first, last = reading.given(*span)
            asked.append((number, first, text[first:last]))
    extractions = predictor.begin([sentence for _, _, sentence in asked])
    return lambda: gathered(len(texts), asked, extractions())


def gathered(count: int, asked: Sequence[Asked], extractions: Sequence[Extraction]) -> list[Found]:
    """The opinions of `count` reviews, from those of their sentences."""
    found = [Found([], False) for _ in range(count)]
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
    """Every review with its opinions: none, if the second iterable, in the same order, does not have it.

    Raises UserError if that has reviews that are not in the table.
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
