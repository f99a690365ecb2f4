"""Parses sentences with marked targets, `Nice [[staff|p]].`, and reviews of such sentences.

This is the format of Aspectra's own reviews (`data/reviews-en/texts`), one sentence per line. Used by
`benchmarks.reviews_en` and `benchmarks.own_reviews`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aspectra.schema import Example, Opinion

MARK = re.compile(r"\[\[(.+?)\|([pnuc])\]\]")
LEFT = re.compile(r"\[\[|\]\]|\|")  # in the text outside marks, a sign of a broken mark
POLARITY = {"p": "positive", "n": "negative", "u": "neutral", "c": "conflict"}


@dataclass(frozen=True, slots=True)
class Review:
    """A whole review: its domain, the writer's stars (1 to 5), its day (ISO 8601), its sentences."""

    id: str
    domain: str
    stars: int
    date: str
    sentences: tuple[Example, ...]


def parse(line: str) -> tuple[str, tuple[Opinion, ...]]:
    """The text of a line, and the opinions marked in it. Raises ValueError for a broken mark.

    >>> parse("Nice [[staff|p]].")[0]
    'Nice staff.'
    """
    text, opinions, last = "", [], 0
    for mark in MARK.finditer(line):
        text += line[last : mark.start()]
        opinions.append(Opinion(mark[1], None, POLARITY[mark[2]], len(text), len(text) + len(mark[1])))
        text += mark[1]
        last = mark.end()
    text += line[last:]
    if LEFT.search(text):
        raise ValueError(f"a mark is [[term|p]] with p, n, u or c: {line}")
    return text, tuple(opinions)


def sentences(path: Path) -> Iterator[tuple[int, Example]]:
    """(line, sentence) of each nonblank line of a file; the sentence's id contains the line number, from 1."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            yield number, Example(f"{path.stem}-{number}", *parse(line))


def reviews(path: Path, settled: dict[str, str] | None = None) -> Iterator[Review]:
    """The reviews of a file: `# domain | stars | date`, then one sentence per line, a blank line between reviews.

    Sentences are named `FILE-LINE`, FILE up to its first period, so that a second labeling (`a.second.txt`) has the
    same names as the first. `settled` has lines, by that name, that replace the file's.
    """
    name = path.name.split(".")[0]
    number = 0
    for place, block in enumerate(path.read_text(encoding="utf-8").rstrip("\n").split("\n\n"), 1):
        head, *lines = block.split("\n")
        domain, stars, date = head.removeprefix("# ").split(" | ")
        number += 1
        found = []
        for line in lines:
            number += 1
            key = f"{name}-{number}"
            found.append(Example(key, *parse((settled or {}).get(key, line))))
        number += 1
        yield Review(f"{name}{place}", domain, int(stars), date, tuple(found))


def settled(folder: Path) -> dict[str, str]:
    """The settled lines, by sentence id, on which two labelings of the reviews in a folder differ."""
    lines = (folder / "differences.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["id"]: row["settled"] for row in map(json.loads, lines)}
