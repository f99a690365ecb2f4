r"""The linear form `subject | polarity ; subject | polarity`: writing, parsing, and judging for both scorings.

The base of every task. Inside a subject `;`, `|` and the backslash are written `\;`, `\|`, `\\`. Strict parsing undoes
that; the paper's does not know it. A subject is stripped (`str.strip`, no-break spaces too) in both directions. A
subject of several fields (TASD) is its escaped fields joined by ` | `: its text is its own linear form.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from aspectra.schema import POLARITIES, Example, Opinion

Scoring = Literal["strict", "paper"]
SCORINGS: tuple[Scoring, ...] = ("strict", "paper")
NOTHING = "none"

Pair = tuple[str, str]
Field = Literal["target", "category"]
KNOWN = frozenset(POLARITIES)


class Parsed(NamedTuple):
    """The content of an answer: valid (subject, polarity) pairs in order, with repeats, and the count of the rest."""

    pairs: tuple[Pair, ...]
    wrong: int


class Task(ABC):
    """Converts the opinions of one task to text and back.

    `marker` is the text that tells a student the task. `by` are the fields that name an opinion, in the order of the
    linear form. `data` is another task whose sets have everything that this one needs, so this task uses them.
    """

    name: str
    marker: str
    by: tuple[Field, ...]
    data: str | None = None

    @abstractmethod
    def subject(self, opinion: Opinion) -> str | None:
        """What the opinion is about. None if it is outside the task, empty if it is not a valid subject."""

    @abstractmethod
    def fits(self, subject: str, text: str, scoring: Scoring) -> bool:
        """Whether a predicted subject is valid for this text."""

    @abstractmethod
    def decode(self, raw: str, text: str) -> tuple[Opinion, ...]:
        """The opinions of an answer, parsed strictly; invalid pieces are dropped."""

    def ordered(self, opinions: Iterable[Opinion]) -> list[Opinion]:
        """The task's opinions, distinct, in the order of the linear form.

        If targets name them: distinct (subject, polarity, place), by place, those without a place last.
        Else: the first of each (subject, polarity), in the order of the file.
        """
        placed = "target" in self.by
        distinct: dict[tuple[object, ...], Opinion] = {}
        for opinion in opinions:
            if subject := self.subject(opinion):
                place = (opinion.start, opinion.end) if placed else ()
                distinct.setdefault((subject, opinion.polarity, *place), opinion)
        found = list(distinct.values())
        return sorted(found, key=lambda o: (o.start is None, o.start or 0, o.end or 0)) if placed else found

    def fields(self, subject: str) -> tuple[str, ...]:
        """The parts of a subject: a text for each of `by`."""
        if len(self.by) == 1 or not subject:
            return (subject,) * len(self.by)
        return tuple(unescape(part.strip()) for part in split(subject, "|", escapes=True))

    def written(self, subject: str, escapes: bool = True) -> str:
        """A subject in the linear form, with or without escapes."""
        if len(self.by) == 1:
            return escape(subject) if escapes else subject
        return subject if escapes else unescape(subject)

    def encode(self, opinions: Iterable[Opinion], empty: str = NOTHING) -> str:
        """The linear form; `empty` is written if there is no opinion (`none`, or the paper's empty string)."""
        pieces = [f"{self.written(self.subject(o) or '')} | {o.polarity}" for o in self.ordered(opinions)]
        return " ; ".join(pieces) or empty

    def gold(self, example: Example, scoring: Scoring) -> Counter[Pair]:
        """The gold pairs, each with how often it counts: once in strict scoring."""
        return Counter(self.wanted(example) if scoring == "strict" else self.entries(example))

    def wanted(self, example: Example) -> set[Pair]:
        """The gold pairs in strict scoring."""
        return {(subject, o.polarity) for o in example.opinions if (subject := self.subject(o))}

    def entries(self, example: Example) -> list[Pair]:
        """The gold pairs in paper scoring, in no order: a pair that occurs at two places is listed twice."""
        if "target" not in self.by:
            return list(self.wanted(example))
        places = {
            (subject, o.polarity, o.start, o.end, o.annotated) for o in example.opinions if (subject := self.subject(o))
        }
        return [(subject, polarity) for subject, polarity, *_ in places]

    def parse(self, raw: str, text: str, scoring: Scoring) -> Parsed:
        """The pairs of an answer in linear form.

        strict: every non-empty piece that is not a valid pair is wrong; `none` and the empty answer predict nothing.
        paper: pieces are split at `;`, escaped or not, and an invalid one is dropped, never wrong.
        """
        strict = scoring == "strict"
        if strict and raw.strip() == NOTHING:
            return Parsed((), 0)
        return self.judge(self.read(raw, escapes=strict), text, scoring)

    def pairs(self, opinions: Sequence[Opinion], text: str, scoring: Scoring) -> Parsed:
        """The pairs of predicted opinions without a linear form.

        strict: each must pass the same checks as a piece. paper: they are written like the authors' students do,
        without escapes, and parsed again, so a term with `;` or `|` breaks there too. An opinion outside the task (no
        target for ATSA, no category for ACSA and TASD) is ignored.
        """
        if scoring == "strict":
            return self.judge(self.said(opinions), text, scoring)
        spoken = [(subject, o.polarity.strip()) for o in opinions if (subject := self.subject(o)) is not None]
        pieces = [f"{self.written(subject, escapes=False)} | {polarity}" for subject, polarity in spoken]
        return self.parse(" ; ".join(pieces), text, scoring)

    def read(self, raw: str, escapes: bool) -> Iterator[Pair | None]:
        """The pair of each non-empty piece; None if it has other parts or none of the four polarities."""
        width = len(self.by) + 1
        if width == 2 and not (escapes and "\\" in raw):  # fast path: most pieces, and a million take seconds
            for piece in raw.split(";"):
                subject, _, last = piece.partition("|")
                if (polarity := last.strip()) in KNOWN:
                    yield subject.strip(), polarity
                elif piece.strip():
                    yield None
            return
        for piece in split(raw, ";", escapes):
            *named, last = (part.strip() for part in split(piece, "|", escapes))
            if len(named) + 1 == width and last in KNOWN:
                fields = [unescape(part) for part in named] if escapes else named
                yield (fields[0] if width == 2 else join(*fields)), last
            elif piece.strip():
                yield None

    def said(self, opinions: Iterable[Opinion]) -> Iterator[Pair | None]:
        """The pair of each opinion of the task; None if its polarity is none of the four."""
        for opinion in opinions:
            if (subject := self.subject(opinion)) is not None:
                polarity = opinion.polarity.strip()
                yield (subject, polarity) if polarity in KNOWN else None

    def judge(self, claims: Iterable[Pair | None], text: str, scoring: Scoring) -> Parsed:
        """The claims with a valid subject for the text. In strict scoring the others are wrong."""
        pairs: list[Pair] = []
        wrong = 0
        for pair in claims:
            if pair is not None and self.fits(pair[0], text, scoring):
                pairs.append(pair)
            else:
                wrong += 1
        return Parsed(tuple(pairs), wrong if scoring == "strict" else 0)


def join(*fields: str) -> str:
    r"""A subject of several fields.

    >>> print(join("fish; chips", "food quality"))
    fish\; chips | food quality
    """
    return " | ".join(map(escape, fields))


def escape(subject: str) -> str:
    r"""Escape a subject for the linear form.

    >>> print(escape("fish; chips"))
    fish\; chips
    """
    return re.sub(r"[\\;|]", r"\\\g<0>", subject)


def unescape(part: str) -> str:
    """Undo `escape`; a backslash before any other character stays."""
    return re.sub(r"\\([\\;|])", r"\1", part)


def split(text: str, mark: str, escapes: bool) -> list[str]:
    """Split at the marks; with `escapes`, not at those after a backslash."""
    if not escapes:
        return text.split(mark)
    parts: list[str] = []
    start = 0
    for match in re.finditer(r"\\[\\;|]|" + re.escape(mark), text):
        if match.group() == mark:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]
