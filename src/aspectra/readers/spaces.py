"""Normalizes white space and maps offsets back: readers see single spaces, callers get offsets into the original text.

Called by `predictor` and by readers that judge a given target.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from aspectra.readers.extraction import Found
from aspectra.schema import Span
from aspectra.sentences import sentences

GAP = re.compile(r"\s+")


def plain(text: str, start: int, end: int) -> tuple[int, str, list[int] | None]:
    """(start of a piece, the piece with single spaces, the offset of each of its characters from the start).

    The last is None if nothing was changed. White space around the piece is stripped.
    """
    piece = text[start:end]
    first = start + len(piece) - len(piece.lstrip())
    piece = piece.strip()
    if all(gap.group() == " " for gap in GAP.finditer(piece)):
        return first, piece, None
    kept = [i for i in range(len(piece)) if not piece[i].isspace() or not piece[i - 1].isspace()]
    return first, "".join(" " if piece[i].isspace() else piece[i] for i in kept), kept


def moved(opinion: Found, text: str, place: Callable[[int, int], Span]) -> Found:
    """Move an opinion from a piece to the whole text; `place` maps a span of the piece to one of the text."""
    if opinion.start is None or opinion.end is None:
        return opinion
    start, end = place(opinion.start, opinion.end)
    return replace(opinion, target=text[start:end], start=start, end=end)


def place(start: int, end: int, first: int, places: list[int] | None) -> Span:
    """The span in the whole text of a span in a piece."""
    if places is not None and start < end:
        start, end = places[start], places[end - 1] + 1
    return first + start, first + end


def sentence_of(text: str, target: str | None) -> str:
    """The first sentence that contains the target, with single spaces; the whole text if none does."""
    target = squeezed(target)
    if target:
        for start, end in sentences(text):
            sentence = plain(text, start, end)[1]
            if target in sentence:
                return sentence
    return plain(text, 0, len(text))[1]


def squeezed(target: str | None) -> str | None:
    """A target with single spaces, as students read and write it."""
    return target and " ".join(target.split())
