"""The results of a predictor, and the Protocol of whatever returns them: sentences in, opinions out.

Made by `aspectra.readers.predictor`; used by `aspectra.analyze` and by callers of `aspectra.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from aspectra.data.soft import Soft


@dataclass(frozen=True, slots=True)
class Found:
    """An opinion that a student found.

    `start` and `end` are character offsets into the original text, end exclusive: `text[start:end] == target`. They and
    `target` are None if the opinion has no target. `confidence` is in [0, 1]. For a calibrated export it is the share
    of such opinions that is right. Otherwise it is the model's own. For a writer: the probability of this part of its
    answer (subject, bar and polarity) given the part before, the product over its tokens. For a tagger: the probability
    of the tags, times that of the category if the task has them, times that of the polarity. See docs/deploy.md.
    """

    target: str | None
    category: str | None
    polarity: str
    start: int | None
    end: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """The opinions of a text, in the order of its sentences, without duplicates.

    `raw`: what the student wrote, one answer for each piece of the text. `cut`: some answer reached the token limit.
    `soft`: a tagger's probabilities for each sentence. `under`: the number of opinions below the minimum confidence.
    """

    text: str
    opinions: tuple[Found, ...]
    raw: tuple[str, ...]
    cut: bool
    soft: tuple[Soft, ...] = field(default=(), repr=False)
    under: int = 0


class Extractor(Protocol):
    """Finds opinions in texts: the predictor, or a substitute, which inherits `begin`."""

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """One extraction per text, in order."""
        ...

    def begin(self, texts: Sequence[str]) -> Callable[[], list[Extraction]]:
        """Begin to read texts; the function returned waits for the result of `extract`."""
        return partial(self.extract, texts)
