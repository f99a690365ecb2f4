"""Splits a text into pieces that fit a student's input.

Called by `aspectra.readers.predictor`. Students are trained on single sentences, so a review is best read sentence by
sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from aspectra.schema import Span
from aspectra.sentences import sentences

OTHERS = 32  # more tokens than any prompt has beside its text


def pieces(text: str, size: Callable[[str], int], limit: int, packed: bool) -> Iterator[Span]:
    """Spans to read, one prompt each. They cover the text without a gap, and the `size` of each is at most `limit`.

    A piece is a sentence or, if `packed`, as many as fit. A sentence over the limit is split at the white space nearest
    its middle, or in the middle if it has none, until its parts fit. A single character is never split.
    """
    open_: Span | None = None
    used = 0
    for start, end in sentences(text):
        if not packed:
            yield from halves(text, (start, end), size, limit)
            continue
        needed = size(text[start:end])
        if open_ is not None and used + needed <= limit:
            open_, used = (open_[0], end), used + needed
            continue
        if open_ is not None:
            yield from halves(text, open_, size, limit)
        open_, used = (start, end), needed
    if open_ is not None:
        yield from halves(text, open_, size, limit)


def halves(text: str, span: Span, size: Callable[[str], int], limit: int) -> Iterator[Span]:
    """The span itself if it fits, else its parts."""
    start, end = span
    if end - start < 2 or fits(text[start:end], size, limit):
        yield span
        return
    middle = (start + end) // 2
    spaces = [match.end() for match in re.finditer(r"\s+", text[start:end]) if match.end() < end - start]
    cut = start + min(spaces, key=lambda place: abs(start + place - middle)) if spaces else middle
    yield from halves(text, (start, cut), size, limit)
    yield from halves(text, (cut, end), size, limit)


def fits(piece: str, size: Callable[[str], int], limit: int) -> bool:
    """Whether a piece fits. A token of ASCII text has at least one character, so few pieces must be measured."""
    return (piece.isascii() and len(piece) + OTHERS <= limit) or size(piece) <= limit
