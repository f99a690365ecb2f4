"""A text as its reader sees it: tags are gone or line breaks, entities are characters. Every place knows the way back.

Called by `aspectra.readers.predictor`, `aspectra.analyze`, `serve` and `reviews`. Whether something is markup does not
hang on what stands far from it, so that a sentence of a review reads alone as it does within the review.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from aspectra.markup.entities import entity
from aspectra.markup.tags import Tags
from aspectra.schema import Span

MARK = re.compile(r"[<&]|\]\]>")
EMPTY = re.compile(r"\s*\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The `text` that a reader sees, and where its characters stand in the text as given.

    It is made of pieces: each begins at a character of the text (`starts`) and stands for a stretch of the text as
    given (`spans`), which it repeats (`same`) or replaces. No pieces: nothing was changed.
    """

    text: str
    starts: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)

    def given(self, start: int, end: int) -> Span:
        """Where a stretch of the text stands in the text as given: from its first character to its last."""
        if not self.starts:
            return start, end
        if start >= end:
            place = self._at(start)[0] if start < len(self.text) else self.spans[-1][1]
            return place, place
        return self._at(start)[0], self._at(end - 1)[1]

    def seen(self, start: int, end: int) -> Span:
        """Where a stretch of the text as given stands in what is read: the way back of `given`."""
        if not self.starts:
            return start, end
        return self._before(start), self._before(end)

    def _at(self, place: int) -> Span:
        """Where one character stands in the text as given."""
        piece = bisect_right(self.starts, place) - 1
        first, last = self.spans[piece]
        if not self.same[piece]:
            return first, last
        first += place - self.starts[piece]
        return first, first + 1

    def _before(self, given: int) -> int:
        """How many characters that are read stand before a place of the text as given."""
        for piece in range(bisect_right(self.spans, (given, given)) - 1, -1, -1):
            first, last = self.spans[piece]
            following = self.starts[piece + 1] if piece + 1 < len(self.starts) else len(self.text)
            if given >= last:
                return following
            if given > first:
                return self.starts[piece] + (given - first if self.same[piece] else 0)
            return self.starts[piece]
        return 0


def read(text: str) -> Reading:
    """The text without its HTML: what breaks a line is a line break, what is seen as a character is that character.

    `<br />`, `<p>`, list items and cells break lines; other tags, comments, scripts and styles are nothing; escaped
    tags (`&lt;br&gt;`) are tags. What is no HTML stays: `<3`, `a < b`, `AT&T`, `<unknown>`.

    >>> reading = read("AT&amp;T has <b>good</b> soup<br/>I &lt;3 it")
    >>> reading.text, reading.given(0, 4)
    ('AT&T has good soup\\nI <3 it', (0, 8))
    """
    if "<" not in text and "&" not in text:
        return Reading(text)
    tags = Tags(text)
    parts: list[str] = []
    reading = Reading("")
    length = at = 0

    def add(part: str, first: int, last: int, same: bool) -> None:
        nonlocal length
        if part:
            reading.starts.append(length)
            reading.spans.append((first, last))
            reading.same.append(same)
            parts.append(part)
            length += len(part)

    for mark in MARK.finditer(text):
        start = mark.start()
        if start < at:
            continue
        found = tags.at(start)
        if found is None and mark.group() == "&":
            found = entity(text, start)
        if found is None:
            continue
        end, said = found
        add(text[at:start], at, start, True)
        add(said, start, end, False)
        at = end
    if not at:
        return Reading(text)
    add(text[at:], at, len(text), True)
    if not parts:
        return Reading("", [0], [(len(text), len(text))], [True])
    return Reading("".join(parts), reading.starts, reading.spans, reading.same)


def told(text: str) -> str:
    """The text as it is read, for those who need no way back: no space around it, at most one empty line within.

    >>> told("<p>Good soup.</p>\\n\\n<p>Bad bread.</p>")
    'Good soup.\\n\\nBad bread.'
    """
    reading = read(text)
    return EMPTY.sub("\n\n", reading.text).strip() if reading.starts else text
