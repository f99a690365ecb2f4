"""Finds the span of a term in a text. Called by tasks that decode terms, by `aspectra.data` and `report`."""

from __future__ import annotations

from aspectra.schema import Span


def occurrences(term: str, text: str) -> list[Span]:
    """All occurrences of a term in a text, overlapping ones too, as (start, end) in characters, end exclusive."""
    spans: list[Span] = []
    start = text.find(term) if term else -1
    while start >= 0:
        spans.append((start, start + len(term)))
        start = text.find(term, start + 1)
    return spans


def cuts_word(span: Span, text: str) -> bool:
    """Whether a span begins or ends inside a word ('bar' in 'bartender')."""
    start, end = span
    before = start > 0 and text[start - 1 : start + 1].isalnum()
    return before or (end < len(text) and text[end - 1 : end + 1].isalnum())


def anchor(terms: list[str], text: str) -> list[Span | None]:
    """A span for each of the terms, which are in order of appearance; None if a term is not in the text.

    A repeated term gets distinct spans as long as there are enough. A span inside a word or inside an earlier term's
    span is a last resort, and one after the previous term is preferred.
    """
    taken: list[Span] = []
    found: list[Span | None] = []
    behind = 0
    for term in terms:
        spans = occurrences(term, text)
        if not spans:
            found.append(None)
            continue
        cursor = behind

        def cost(span: Span, cursor: int = cursor) -> tuple[bool, bool, bool, bool, int]:
            inside = any(span[0] < end and start < span[1] for start, end in taken)
            return span in taken, inside, cuts_word(span, text), span[0] < cursor, span[0]

        best = min(spans, key=cost)
        taken.append(best)
        found.append(best)
        behind = best[0]
    return found
