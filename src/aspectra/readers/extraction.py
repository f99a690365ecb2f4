"""What a predictor gives back, and the Protocol of anything that gives it: sentences in, opinions out.

Made by `aspectra.readers.predictor`; read by `aspectra.analyze` and by whoever calls `aspectra.load`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aspectra.data.soft import Soft


@dataclass(frozen=True, slots=True)
class Found:
    """An opinion that a student found.

    `start` and `end` are character offsets into the text that was given, end exclusive: `text[start:end] == target`.
    They and `target` are None where the task names none. `confidence`, in [0, 1]: of an export that was calibrated,
    the share of such opinions that is right. Else what the student makes of it. One that writes: the probability of
    this piece of its answer (subject, bar and polarity) after what it wrote before, the product over the piece's
    tokens. One that tags: the chance of the tags, times that of the category where its task has them, times that of the
    polarity. docs/deploy.md.
    """

    target: str | None
    category: str | None
    polarity: str
    start: int | None
    end: int | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """The opinions of a text, in the order of its sentences, none twice.

    `raw` is what the student wrote, an answer for each piece of the text that it was asked about. `cut`: some answer
    reached its limit before its end. `soft`: what a tagger thinks of each sentence that it read. `under`: how many
    opinions were left out for too little confidence.
    """

    text: str
    opinions: tuple[Found, ...]
    raw: tuple[str, ...]
    cut: bool
    soft: tuple[Soft, ...] = field(default=(), repr=False)
    under: int = 0


class Extractor(Protocol):
    """Whatever finds opinions in texts: the predictor, or a stand-in for it."""

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        """An extraction for each text, in their order."""
        ...
