"""What a tagger thinks of each word and span of a text, beside the opinions that it names: soft labels.

Two files hold them. `distribution` of an elicitation's responses (store and `responses.parquet`) is JSON, places are
characters of the review, the end exclusive:

    extraction  {"sentences": [{"from", "to", "words": [[from, to, B, I], ...],
                                "spans": [[from, to, positive, negative, neutral, conflict], ...]}, ...]}
    polarity    {"polarity": {"positive", "negative", "neutral", "conflict"?}}

`from` and `to` of a sentence are what was read at once. B and I are the probabilities that the word begins a target and
that it goes on with one; what is left of 1 is O, of no target. A word whose O is above 0.995 is left out. `spans` are
the targets that the teacher names, each with the probability of every polarity. All have four decimals.

`silver/SIDE.soft.jsonl` of a corpus has such a sentence a line, with its `ID` in `silver/SIDE.json`; places are
characters of that sentence.

Called by `aspectra.readers` (which says), `corpus` (which cuts) and `students` (which learn).
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

SURE = 0.995  # that a word is of no target: such a word is left out
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Soft:
    """A stretch of a text, `read` at once: (B, I) by a word's place, the shares of `POLARITIES` by a span's."""

    read: Span
    words: dict[Span, tuple[float, float]]
    spans: dict[Span, tuple[float, ...]]

    def moved(self, place: Callable[[int, int], Span]) -> Soft:
        """The same with every place as `place(start, end)` has it."""
        words = {place(*span): chances for span, chances in self.words.items()}
        return Soft(place(*self.read), words, {place(*span): shares for span, shares in self.spans.items()})

    def within(self, start: int, end: int) -> Soft:
        """What lies wholly between two places, counted from the first."""
        first, last = max(self.read[0], start), min(self.read[1], end)
        read = (first - start, max(first, last) - start)
        words = {(a - start, b - start): said for (a, b), said in self.words.items() if start <= a and b <= end}
        spans = {(a - start, b - start): said for (a, b), said in self.spans.items() if start <= a and b <= end}
        return Soft(read, words, spans)


def as_json(soft: Soft) -> dict[str, Any]:
    """A sentence as both files have it."""
    words = [[*span, *chances] for span, chances in rounded(soft.words).items() if 1 - sum(chances) <= SURE]
    spans = [[*span, *shares] for span, shares in rounded(soft.spans).items()]
    return {"from": soft.read[0], "to": soft.read[1], "words": words, "spans": spans}


def rounded(said: Mapping[Span, Iterable[float]]) -> dict[Span, list[float]]:
    return {span: [round(chance, DIGITS) for chance in chances] for span, chances in said.items()}


def of_json(value: Mapping[str, Any]) -> Soft:
    """A sentence back. Raises ValueError, LookupError or TypeError for JSON of another shape."""
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
    """A sentence by its id, as the file of a corpus has it: a fifth of what it takes in memory as it is."""
    return json.dumps({"ID": name} | as_json(soft), ensure_ascii=False) + "\n"


def save(path: Path, lines: Iterable[str]) -> None:
    """Write the sentences of one side of a corpus, of `line` each; the file appears when it is whole."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(lines)


def load(path: Path) -> dict[str, Soft]:
    """The sentences by their ids; none where there is no such file. Raises UserError for a line of another shape."""
    found: dict[str, Soft] = {}
    if path.is_file():
        for number, row in enumerate(read_jsonl(path), 1):
            try:
                found[row["ID"]] = of_json(row)
            except (ValueError, LookupError, TypeError, OverflowError) as error:
                raise UserError(f"{path}, row {number}: not a soft label ({error}); build the corpus again") from None
    return found
