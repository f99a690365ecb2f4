"""Parse an `extraction` answer into opinions, from JSON as LLMs write it. Pure; never raises.

Called by `aspectra.elicit.validation` and `audit`, the corpus step (silver labels), and the scoring of LLMs.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from typing import Any

from aspectra.elicit.polarity import polarity_of
from aspectra.schema import Opinion, Span

LISTS = ("opinions", "aspects", "targets", "categories", "results", "sentiments")
TARGET = ("target", "term", "aspect", "aspect_term", "opinion_target", "entity")
CATEGORY = ("category", "aspect_category", "aspect")
ASKED = ("atsa", "acsa")  # tasks that have an `extraction` prompt
POLARITY = ("polarity", "sentiment", "label")
TRIES = 20  # places tried as the start of JSON: more are noise and would take quadratic time


def read_json(text: str) -> list[dict[str, Any]] | None:
    """The objects of the opinions, wherever they are in the text; None if there is no JSON of that shape.

    Accepts code fences, surrounding prose, trailing commas, single quotes, curly quotes, a bare list or a single
    object.
    """
    for start in [found.start() for found in re.finditer(r"[{\[]", text)][:TRIES]:
        for value in _values(text[start:]):
            items = _items(value)
            if items is not None:
                return items
    return None


def _values(text: str) -> list[Any]:
    found = []
    mended = re.sub(r",(\s*[}\]])", r"\1", text)
    for attempt in dict.fromkeys((text, mended, mended.translate({0x201C: '"', 0x201D: '"'}))):
        try:
            found.append(json.JSONDecoder().raw_decode(attempt)[0])
            return found
        except (ValueError, RecursionError):
            continue
    end = max(mended.rfind("}"), mended.rfind("]")) + 1
    if 0 < end < 20_000:
        with contextlib.suppress(ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
            found.append(ast.literal_eval(mended[:end]))
    return found


def _items(value: Any) -> list[dict[str, Any]] | None:
    if isinstance(value, dict):
        for name in LISTS:
            if isinstance(value.get(name), list | tuple):
                return _items(value[name])
        if any(name in value for name in POLARITY) and any(name in value for name in (*TARGET, *CATEGORY)):
            return [value]
        return None
    if isinstance(value, list | tuple) and all(isinstance(item, dict) for item in value):
        return [item for item in value if isinstance(item, dict)]
    return None


def extraction(text: str, review: str, task: str | None = None) -> list[Opinion]:
    """The distinct opinions of an answer, in its order; none if there is no JSON.

    An unknown polarity becomes the empty string. Without a `task`, an object with a target is read for ATSA, any other
    for ACSA. For ATSA, a target that occurs in the review takes the review's case and its span there. A target that
    does not occur is kept without a span. Objects without a target are dropped. An object may give the span itself
    (`from` and `to`, characters of the review, end exclusive): then a target judged at two places gives two opinions.
    """
    return list(pointed(text, review, task))


def pointed(text: str, review: str, task: str | None = None) -> dict[Opinion, bool | None]:
    """The same opinions, each with whether the answer's own span is right. True: right. False: wrong, replaced by the
    nearest place where the target occurs. None: not given.
    """
    found: dict[Opinion, bool | None] = {}
    for item in read_json(text) or ():
        polarity = polarity_of(_first(item, POLARITY)) or ""
        right: bool | None = None
        if task == "acsa" or (task is None and not _first(item, TARGET)):
            category = _first(item, CATEGORY)
            opinion = Opinion(None, category, polarity)
            if not category:
                continue
        else:
            target = _first(item, TARGET)
            span, right = _place(target, review, _offset(item.get("from")), _offset(item.get("to")))
            if not target or (span is None and target.lower() in ("null", "none", "n/a")):
                continue
            start, end = span or (None, None)
            opinion = Opinion(target if span is None else review[start:end], None, polarity, start, end)
        found[opinion] = found.get(opinion) or right
    return found


def _place(target: str, review: str, first: int | None, last: int | None) -> tuple[Span | None, bool | None]:
    """The span of a target, and whether it is where the offsets say. The words decide, not the offsets."""
    said = review[first:last] if first is not None and last is not None and first < last <= len(review) else ""
    if first is not None and _alike(said) == _alike(target):
        first += len(said) - len(said.lstrip())
        return (first, first + len(said.strip())), True
    start = find(target, review, first)
    return None if start is None else (start, start + len(target)), None if first is None else False


def _alike(text: str) -> str:
    """A text normalized for comparison: case-folded, white space collapsed."""
    return " ".join(text.split()).casefold()


def _offset(value: Any) -> int | None:
    # Python does not convert numbers of some thousand digits; no review is that long.
    if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _first(item: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def find(target: str, review: str, near: int | None = None) -> int | None:
    """Offset of the target: as a whole word if possible, else anywhere; with its case, else without.

    Of several places the first. With `near`, the one nearest to that offset, ignoring case.
    """
    if not target:
        return None
    for flags in (0, re.IGNORECASE) if near is None else (re.IGNORECASE,):
        for pattern in (rf"(?<!\w){re.escape(target)}(?!\w)", re.escape(target)):
            places = (found for found in re.finditer(pattern, review, flags) if len(found[0]) == len(target))
            starts = (found.start() for found in places)
            start = next(starts, None) if near is None else min(starts, key=lambda at: abs(at - near), default=None)
            if start is not None:
                return start
    return None
