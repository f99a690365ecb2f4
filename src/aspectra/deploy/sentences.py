"""Where a text falls apart into sentences, and the pieces that a student is asked about.

Called by `aspectra.deploy.predictor`. Students are tuned on single sentences, so that a review is best asked about
sentence by sentence. Unlike the corpus' rules, these know scripts without spaces, and no character is lost.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from aspectra.tasks.anchor import Span

ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'“‘])(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|Sr|Jr|St|Mt|vs|approx|ca|incl|Inc|Ltd|Co|Corp|dept|est|min|max|"
    r"a\.m|p\.m|e\.g|i\.e|[A-Z]\.[A-Z])\.$",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"(?:^|\s)(?:No|nos?|Nr|Fig|p|pp|vol|ch|sec)\.$", re.IGNORECASE)  # before a digit only
FAR = 12  # no abbreviation is longer, with what stands before it
WRITTEN = re.compile(r"\S")
WIDE = "。！？｡"  # end a sentence with no space after them
CLOSING = "\"'”’»)\\]」』）"
END = re.compile(rf"(?P<line>\s*\n\s*)|(?P<mark>[.!?…]+)[{CLOSING}]*\s+|[{WIDE}]+[{CLOSING}]*\s*")


def sentences(text: str) -> list[Span]:
    """Where each sentence stands, the white space after it included: the spans cover the text without a gap.

    A sentence ends at closing punctuation before white space, at that of scripts without spaces, and at a line break;
    not after an abbreviation, an initial, `No.` before a number, nor where a small letter follows a dot or an ellipsis.

    >>> text = "Mr. Hall paid 3.50 approx. twice... for tea! Never again.\\n好吃。再来！"
    >>> [text[start:end] for start, end in sentences(text)]
    ['Mr. Hall paid 3.50 approx. twice... for tea! ', 'Never again.\\n', '好吃。', '再来！']
    """
    spans: list[Span] = []
    start = 0
    for match in END.finditer(text):
        if match.end() < len(text) and WRITTEN.search(text, start, match.end()) and ends(text, start, match):
            spans.append((start, match.end()))
            start = match.end()
    return [*spans, (start, len(text))] if text else []


def ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sentence ends at this mark."""
    mark, follows = match["mark"], text[match.end()]
    if mark is None or "\n" in match.group():
        return True
    if follows.islower() and "!" not in mark and "?" not in mark:
        return False
    before = text[max(start, match.end("mark") - FAR) : match.end("mark")]
    if mark != ".":
        return True
    return not (ABBREVIATION.search(before) or (follows.isdigit() and NUMBERED.search(before)))


def pieces(text: str, size: Callable[[str], int], limit: int, packed: bool) -> Iterator[Span]:
    """What to ask about, one prompt each: the spans cover the text without a gap, and `size` of each is within `limit`.

    A piece is a sentence or, `packed`, as many as there is room for. A sentence beyond the limit is halved at the
    white space nearest its middle, or in its middle where it has none, until its parts fit; one character stays whole.
    """
    open_: Span | None = None
    used = 0
    for start, end in sentences(text):
        needed = size(text[start:end])
        if packed and open_ is not None and used + needed <= limit:
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
