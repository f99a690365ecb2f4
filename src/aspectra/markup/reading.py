"""A text as a browser shows it: tags are removed or become line breaks, entities become characters.

Every offset maps back to the original text. Called by `aspectra.readers.predictor`, `aspectra.analyze`, `serve` and
`reviews`. Whether something is markup depends only on text nearby, so a sentence alone is read as in its review.
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
    """The visible `text`, and the offsets of its characters in the original text.

    It consists of pieces. Each begins at an offset of the text (`starts`) and stands for a span of the original
    (`spans`), which it repeats (`same`) or replaces. No pieces: nothing was changed.
    """

    text: str
    starts: list[int] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)

    def given(self, start: int, end: int) -> Span:
        """The span in the original text for a span of the text: from its first character to its last."""
        if not self.starts:
            return start, end
        if start >= end:
            place = self._at(start)[0] if start < len(self.text) else self.spans[-1][1]
            return place, place
        return self._at(start)[0], self._at(end - 1)[1]

    def seen(self, start: int, end: int) -> Span:
        """The span in the text for a span of the original text: the inverse of `given`."""
        if not self.starts:
            return start, end
        return self._before(start), self._before(end)

    def _at(self, place: int) -> Span:
        """The span of one character in the original text."""
        piece = bisect_right(self.starts, place) - 1
        first, last = self.spans[piece]
        if not self.same[piece]:
            return first, last
        first += place - self.starts[piece]
        return first, first + 1

    def _before(self, given: int) -> int:
        """The number of visible characters before an offset of the original text."""
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
    """The text without its HTML: block elements become line breaks, entities become characters.

    `<br />`, `<p>`, list items and cells break lines. Other tags, comments, scripts and styles are removed. Escaped
    tags (`&lt;br&gt;`) count as tags. Text that is not HTML stays: `<3`, `a < b`, `AT&T`, `<unknown>`.

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
    """The visible text without offsets, stripped, with at most one empty line in a row.

    >>> told("<p>Good soup.</p>\\n\\n<p>Bad bread.</p>")
    'Good soup.\\n\\nBad bread.'
    """
    reading = read(text)
    return EMPTY.sub("\n\n", reading.text).strip() if reading.starts else text
