r"""The linear form `subject | polarity ; subject | polarity`: written, read, and judged as both scorings do.

The base of every task. Inside a subject `;`, `|` and the backslash are written `\;`, `\|`, `\\`; strict reading
undoes that, the paper's knows nothing of it. A subject is stripped (`str.strip`, no-break spaces too) on both ways.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from aspectra.schema import POLARITIES, Example, Opinion

Scoring = Literal["strict", "paper"]
SCORINGS: tuple[Scoring, ...] = ("strict", "paper")
NOTHING = "none"

Pair = tuple[str, str]


class Parsed(NamedTuple):
    """What an answer says: well-formed (subject, polarity) pairs in order, repeats kept, and the count of the rest."""

    pairs: tuple[Pair, ...]
    wrong: int


class Task(ABC):
    """Opinions of one kind as text and back.

    `marker` is the text by which a student is told the task.
    """

    name: str
    marker: str

    @abstractmethod
    def subject(self, opinion: Opinion) -> str | None:
        """What the opinion is about, as the linear form has it; None where the task does not speak of it."""

    @abstractmethod
    def ordered(self, opinions: Iterable[Opinion]) -> list[Opinion]:
        """The opinions that the task speaks of, in the order of the linear form, each once."""

    @abstractmethod
    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """Whether a predicted subject may stand in an answer about this text."""

    @abstractmethod
    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """The opinions of an answer, read strictly; pieces that say nothing valid are left out."""

    def encode(self, opinions: Iterable[Opinion], empty: str = NOTHING) -> str:
        """The linear form; `empty` stands for no opinion (`none`, or the paper's empty string)."""
        pieces = [f"{escape(self.subject(o) or '')} | {o.polarity}" for o in self.ordered(opinions)]
        return " ; ".join(pieces) or empty

    def gold(self, example: Example, scoring: Scoring) -> Counter[Pair]:
        """The pairs to be found, each with how often it counts: once in strict scoring."""
        pairs = Counter((self.subject(o) or "", o.polarity) for o in self.ordered(example.opinions))
        return pairs if scoring == "paper" else Counter(dict.fromkeys(pairs, 1))

    def parse(self, raw: str, text: str, scoring: Scoring) -> Parsed:
        """The pairs of an answer in linear form.

        strict: every non-empty piece that is no valid pair is wrong; `none` and the empty answer say nothing.
        paper: pieces lie between `;`, escaped or not, and one that is no valid pair is dropped, never wrong.
        """
        strict = scoring == "strict"
        if strict and raw.strip() == NOTHING:
            return Parsed((), 0)
        pairs: list[Pair] = []
        wrong = 0
        for piece in split(raw, ";", escapes=strict):
            if not piece.strip():
                continue
            parts = [part.strip() for part in split(piece, "|", escapes=strict)]
            if len(parts) == 2:
                pair = (unescape(parts[0]) if strict else parts[0], parts[1])
                if self.valid(pair, text, scoring):
                    pairs.append(pair)
                    continue
            wrong += strict
        return Parsed(tuple(pairs), wrong)

    def pairs(self, opinions: Sequence[Opinion], text: str, scoring: Scoring) -> Parsed:
        """The pairs of predicted opinions that have no linear form.

        strict: each is held to the same checks as a piece. paper: they are written as the authors' students write,
        without escapes, and read again, so that a term with `;` or `|` falls apart there too. An opinion that the
        task does not speak of (no target for ATSA, no category for ACSA) says nothing.
        """
        said = [(subject, o.polarity.strip()) for o in opinions if (subject := self.subject(o)) is not None]
        if scoring == "paper":
            return self.parse(" ; ".join(f"{subject} | {polarity}" for subject, polarity in said), text, scoring)
        good = tuple(pair for pair in said if self.valid(pair, text, scoring))
        return Parsed(good, len(said) - len(good))

    def valid(self, pair: Pair, text: str, scoring: Scoring) -> bool:
        return pair[1] in POLARITIES and self.fits(pair[0], text, scoring)


def escape(subject: str) -> str:
    r"""Write a subject so that it can stand in the linear form.

    >>> print(escape("fish; chips"))
    fish\; chips
    """
    return re.sub(r"[\\;|]", r"\\\g<0>", subject)


def unescape(part: str) -> str:
    """Undo `escape`; a backslash before any other character is itself."""
    return re.sub(r"\\([\\;|])", r"\1", part)


def split(text: str, mark: str, escapes: bool) -> list[str]:
    """The parts between the marks, those behind a backslash not counted where `escapes`."""
    if not escapes:
        return text.split(mark)
    parts: list[str] = []
    start = 0
    for match in re.finditer(r"\\[\\;|]|" + re.escape(mark), text):
        if match.group() == mark:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]
