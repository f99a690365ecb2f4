"""Soft labels: a tagger's probabilities for each word and span of a text.

Two kinds of files have them. `distribution` of an elicitation's responses (store and `responses.parquet`) is JSON;
offsets are characters of the review, end exclusive:

    extraction  {"sentences": [{"from", "to", "words": [[from, to, B, I], ...],
                                "spans": [[from, to, positive, negative, neutral, conflict], ...]}, ...]}
    polarity    {"polarity": {"positive", "negative", "neutral", "conflict"?}}

`from` and `to` of a sentence are the part that was read at once. B and I are the probabilities that the word begins a
target and that it continues one; the rest, up to 1, is O: no target. A word with O above 0.995 is left out. `spans` are
the targets that the teacher names, each with the probability of every polarity. All have four decimals.

`silver/SIDE.soft.jsonl` of a corpus has one such sentence on each line, with its `ID` in `silver/SIDE.json`; offsets
are characters of that sentence.

Written by `aspectra.readers`, split by `corpus`, learned from by `students`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.files import replacing
from aspectra.schema import POLARITIES, Span
from aspectra.tables import read_jsonl

SURE = 0.995  # O above this: the word is left out
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Soft:
    """A part of a text, `read` at once: (B, I) by a word's span, shares of `POLARITIES` by a target's span."""

    read: Span
    words: dict[Span, tuple[float, float]]
    spans: dict[Span, tuple[float, ...]]

    def moved(self, place: Callable[[int, int], Span]) -> Soft:
        """The same with every span mapped by `place(start, end)`."""
        words = {place(*span): chances for span, chances in self.words.items()}
        return Soft(place(*self.read), words, {place(*span): shares for span, shares in self.spans.items()})

    def within(self, start: int, end: int) -> Soft:
        """The part between two offsets, relative to the first. Only what lies entirely inside."""
        first, last = max(self.read[0], start), min(self.read[1], end)
        read = (first - start, max(first, last) - start)
        words = {(a - start, b - start): said for (a, b), said in self.words.items() if start <= a and b <= end}
        spans = {(a - start, b - start): said for (a, b), said in self.spans.items() if start <= a and b <= end}
        return Soft(read, words, spans)


def as_json(soft: Soft) -> dict[str, Any]:
    """A sentence in the format of both files."""
    words = [[*span, *chances] for span, chances in rounded(soft.words).items() if 1 - sum(chances) <= SURE]
    spans = [[*span, *shares] for span, shares in rounded(soft.spans).items()]
    return {"from": soft.read[0], "to": soft.read[1], "words": words, "spans": spans}


def rounded(said: Mapping[Span, Iterable[float]]) -> dict[Span, list[float]]:
    return {span: [round(chance, DIGITS) for chance in chances] for span, chances in said.items()}


def of_json(value: Mapping[str, Any]) -> Soft:
    """Parse a sentence. Raises ValueError, LookupError or TypeError for JSON of another shape."""
    words = {(int(a), int(b)): (chance(begin), chance(inside)) for a, b, begin, inside in value["words"]}
    spans = {(int(a), int(b)): tuple(map(chance, shares)) for a, b, *shares in value["spans"]}
    if any(sum(chances) > 1.01 for chances in words.values()):
        raise ValueError("B and I of a word add up to more than 1")
    if any(len(shares) != len(POLARITIES) or abs(sum(shares) - 1) > 0.01 for shares in spans.values()):
        raise ValueError("the polarities of a span do not add up to 1")
    return Soft((int(value["from"]), int(value["to"])), words, spans)


def chance(value: Any) -> float:
    """A probability. Raises ValueError or TypeError for anything else."""
    if not 0 <= (found := float(value)) <= 1:
        raise ValueError(f"{value!r} is not a probability")
    return found


def behind(distribution: str, where: str) -> list[Soft]:
    """The sentences of an `extraction` answer's distribution. Raises UserError, naming `where`, for any other text."""
    try:
        return [of_json(each) for each in json.loads(distribution)["sentences"]]
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError) as error:
        raise UserError(f"{where}: its distribution cannot be read ({error}); elicit it again") from None


def line(name: str, soft: Soft) -> str:
    """A sentence with its id, as a line of a corpus file. The line takes a fifth of the object's memory."""
    return json.dumps({"ID": name} | as_json(soft), ensure_ascii=False) + "\n"


def save(path: Path, lines: Iterable[str]) -> None:
    """Write the sentences of one side of a corpus, made by `line`. The write is atomic."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(lines)


def load(path: Path) -> dict[str, Soft]:
    """The sentences by id; empty if the file does not exist. Raises UserError for a line of another shape."""
    found: dict[str, Soft] = {}
    if path.is_file():
        for number, row in enumerate(read_jsonl(path), 1):
            try:
                found[row["ID"]] = of_json(row)
            except (ValueError, LookupError, TypeError, OverflowError) as error:
                raise UserError(f"{path}, row {number}: not a soft label ({error}); build the corpus again") from None
    return found
