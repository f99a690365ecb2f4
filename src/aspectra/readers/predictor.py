"""`aspectra.load(path).extract(texts)`: texts of any length in, opinions with offsets and confidences out.

Called by `aspectra.load` and through it by `aspectra.analyze`. An export runs without torch and transformers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, get_args

from aspectra import markup
from aspectra.data.soft import Soft
from aspectra.errors import UserError, unknown
from aspectra.info import about, is_export, read_info
from aspectra.progress import say
from aspectra.readers.calibration import Calibration
from aspectra.readers.extraction import Extraction, Found
from aspectra.readers.opening import chosen, open_reader, student_folder, unnamed
from aspectra.readers.pieces import pieces
from aspectra.readers.reader import Answer, Reader
from aspectra.readers.spaces import moved, place, plain
from aspectra.schema import Span
from aspectra.units import HALF

Split = Literal["sentences", "long"]
Asked = tuple[int, str, Callable[[int, int], Span]]
"""(the index of a text, a sentence of it with single spaces, the function that maps its offsets to the text's)"""


class Predictor:
    """A loaded student that extracts opinions.

    Texts are split into sentences and each is read separately, as in training; `split="long"` reads as many sentences
    at once as fit into the student's input. The student gets HTML as its plain text (`aspectra.markup`), and white
    space as single spaces. Offsets refer to the original text.
    """

    def __init__(
        self,
        reader: Reader,
        split: Split = "sentences",
        calibration: Calibration | None = None,
        min_confidence: float = 0.0,
        folder: Path | None = None,
    ) -> None:
        """`calibration` maps the reader's confidences to probabilities; opinions below `min_confidence` are dropped.
        `folder` is the reader's folder.

        Raises UserError for an unknown split, or a `min_confidence` outside 0 to 1.
        """
        if split not in get_args(Split):
            raise unknown("split", split, get_args(Split))
        if not 0 <= min_confidence <= 1:
            raise UserError(f"min_confidence: {min_confidence:g} is not a probability; use a number from 0 to 1")
        self.reader, self.packed = reader, split == "long"
        self.calibration, self.min_confidence, self.folder = calibration, min_confidence, folder

    @cached_property
    def about(self) -> dict[str, Any] | None:
        """The reader's identity: {"name", "version", "digest"}; None if it is not known."""
        return about(self.folder) if self.folder is not None else None

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """The opinions of each text, in the order of the texts. Raises UserError if one is not a string."""
        return self.begin(texts)()

    def extract_iter(self, texts: Iterable[str], window: int = 1024) -> Iterator[Extraction]:
        """The same for a stream: `window` texts are held at a time, and batched together."""
        if isinstance(texts, str):
            raise UserError("extract takes a list of texts; put the text into a list")
        stream = iter(texts)
        number = 0
        while held := list(islice(stream, window)):
            yield from self.begin(held, number)()
            number += len(held)

    def begin(self, texts: Sequence[str], before: int = 0) -> Callable[[], list[Extraction]]:
        """Begin to read texts; the function returned waits for their opinions, as `extract` returns them.

        So other work can be done while an export reads. `before` is the number of texts before these, for messages.
        Raises UserError if a text is not a string.
        """
        if isinstance(texts, str):
            raise UserError("extract takes a list of texts; put the text into a list")
        for number, text in enumerate(texts, before + 1):
            if not isinstance(text, str):
                raise UserError(f"text {number} is not a text but {type(text).__name__}; leave it out, or use ''")
        asked: list[Asked] = []
        for number, given in enumerate(texts):
            reading = markup.read(HALF.sub("\ufffd", given))
            for start, end in pieces(reading.text, self._size, self.reader.room, self.packed):
                first, sentence, places = plain(reading.text, start, end)
                if sentence:
                    asked.append((number, sentence, partial(given_place, reading, first, places)))
        answers = self.reader.begin([sentence for _, sentence, _ in asked])
        return lambda: self._extractions(texts, asked, answers())

    def _extractions(self, texts: Sequence[str], asked: Sequence[Asked], answers: Sequence[Answer]) -> list[Extraction]:
        """The opinions of each text, from the answers to its sentences."""
        found: list[list[Found]] = [[] for _ in texts]
        raw: list[list[str]] = [[] for _ in texts]
        cut = [False] * len(texts)
        soft: list[list[Soft]] = [[] for _ in texts]
        under = [0] * len(texts)
        for (number, _, way), answer in zip(asked, answers, strict=True):
            sure = self._sure(answer.found)
            found[number] += (moved(opinion, texts[number], way) for opinion in sure)
            under[number] += len(answer.found) - len(sure)
            if answer.raw is not None:
                raw[number].append(answer.raw)
            cut[number] |= answer.cut
            if answer.soft is not None:
                soft[number].append(answer.soft.moved(way))
        parts = zip(texts, map(once, found), map(tuple, raw), cut, map(tuple, soft), under, strict=True)
        return [Extraction(*each) for each in parts]

    def _size(self, piece: str) -> int:
        """Tokens of a piece as it will be read: with single spaces, which may change the number of tokens."""
        return self.reader.size(plain(piece, 0, len(piece))[1])

    def _sure(self, found: Iterable[Found]) -> list[Found]:
        """Calibrate confidences, and drop opinions below the minimum."""
        if (worth := self.calibration) is not None:
            found = (replace(opinion, confidence=worth(opinion.confidence)) for opinion in found)
        return [opinion for opinion in found if opinion.confidence >= self.min_confidence]


def load(
    path: Path | str | None = None,
    *,
    compute: str | None = None,
    threads: int | None = None,
    batch_size: int = 32,
    max_new_tokens: int = 100,
    constrained: bool = False,
    split: Split = "sentences",
    device: str = "auto",
    min_confidence: float = 0.0,
    spread: bool = False,
) -> Predictor:
    """A predictor from an export, or from a fine-tuned student's own folder (which needs torch).

    Without a path it is the reader that comes with Aspectra; a line on stderr says so. The predictor's `about` has the
    reader's name and version.

    `compute` is the type to run an export in (`int8`, `float32`...); None means the type that it was made for.
    `constrained` allows only whole words of the text as targets, and only known categories. `device` is for a student's
    own folder. Opinions below `min_confidence` are dropped (`Extraction.raw` has all that was written). `spread` is for
    few texts at a time: a tagger's export shares them among all threads, which is faster, but the last digits of a
    confidence then depend on the number of threads and of texts. Raises UserError if the model cannot be used, and
    MissingExtraError, which says what to install.
    """
    model = chosen(path)
    reader = open_reader(
        model,
        compute=compute,
        threads=threads,
        device=device,
        batch_size=batch_size,
        max_new_tokens=max_new_tokens,
        constrained=constrained,
        spread=spread,
    )
    folder = student_folder(model)
    calibration = Calibration.of(read_info(folder)) if is_export(folder) else None
    predictor = Predictor(reader, split, calibration, min_confidence, folder)
    if path is None:
        say(unnamed())
    return predictor


def given_place(reading: markup.Reading, first: int, places: list[int] | None, start: int, end: int) -> Span:
    """The span in the original text of a span in a piece."""
    return reading.given(*place(start, end, first, places))


def once(found: Sequence[Found]) -> tuple[Found, ...]:
    """Remove duplicate opinions: students may repeat themselves."""
    distinct: dict[tuple[Any, ...], Found] = {}
    for o in found:
        distinct.setdefault((o.target, o.category, o.polarity, o.start, o.end), o)
    return tuple(distinct.values())
