"""The pieces of a text that a student is asked about, each within its input.

Called by `aspectra.readers.predictor`. Students are tuned on single sentences, so that a review is best asked about
sentence by sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from aspectra.schema import Span
from aspectra.sentences import sentences


def pieces(text: str, size: Callable[[str], int], limit: int, packed: bool) -> Iterator[Span]:
    """What to ask about, one prompt each: the spans cover the text without a gap, and `size` of each is within `limit`.

    A piece is a sentence or, `packed`, as many as there is room for. A sentence beyond the limit is halved at the
    white space nearest its middle, or in its middle where it has none, until its parts fit; one character stays whole.
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
    """The span itself where it fits, else its parts."""
    start, end = span
    if end - start < 2 or size(text[start:end]) <= limit:
        yield span
        return
    middle = (start + end) // 2
    spaces = [match.end() for match in re.finditer(r"\s+", text[start:end]) if match.end() < end - start]
    cut = start + min(spaces, key=lambda place: abs(start + place - middle)) if spaces else middle
    yield from halves(text, (start, cut), size, limit)
    yield from halves(text, (cut, end), size, limit)
