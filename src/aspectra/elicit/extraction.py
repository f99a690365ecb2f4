"""An `extraction` answer read as opinions: JSON as LLMs write it. Pure; never raises.

Called by `aspectra.elicit.validation` and `audit`, the corpus step (silver labels) and whoever scores an LLM.
"""

from __future__ import annotations

import ast
import contextlib
import json
import re
from typing import Any

from aspectra.elicit.polarity import polarity_of
from aspectra.schema import Opinion

LISTS = ("opinions", "aspects", "targets", "categories", "results", "sentiments")
TARGET = ("target", "term", "aspect", "aspect_term", "opinion_target", "entity")
CATEGORY = ("category", "aspect_category", "aspect")
ASKED = ("atsa", "acsa")  # the tasks that the prompts of `extraction` can ask for
POLARITY = ("polarity", "sentiment", "label")
TRIES = 20  # places where JSON may begin: more are noise, and would cost quadratic time


def read_json(text: str) -> list[dict[str, Any]] | None:
    """The opinions' objects wherever the text has them; None where there is no JSON of that shape.

    Takes code fences, prose around, trailing commas, single quotes, curly quotes, a bare list or a single object.
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
    """The opinions of an answer, each once, in the order of the answer; none where there is no JSON.

    A polarity that maps to none of the four is the empty string. Without a `task`, an object that names a target is
    read for ATSA, another for ACSA. For ATSA a target that stands in the review but for its case takes the review's
    case and its place there; one that does not stand there is kept without a place; objects that name no target are
    left out.
    """
    opinions: dict[tuple[str | None, str | None, str], Opinion] = {}
    for item in read_json(text) or ():
        polarity = polarity_of(_first(item, POLARITY)) or ""
        if task == "acsa" or (task is None and not _first(item, TARGET)):
            category = _first(item, CATEGORY)
            opinion = Opinion(None, category, polarity)
            if not category:
                continue
        else:
            target = _first(item, TARGET)
            start = find(target, review)
            if not target or (start is None and target.lower() in ("null", "none", "n/a")):
                continue
            end = None if start is None else start + len(target)
            opinion = Opinion(target if start is None else review[start:end], None, polarity, start, end)
        opinions.setdefault((opinion.target, opinion.category, opinion.polarity), opinion)
    return list(opinions.values())


def _first(item: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def find(target: str, review: str) -> int | None:
    """Where the target stands: as a word if it can, else anywhere; with its case, else without."""
    if not target:
        return None
    for flags in (0, re.IGNORECASE):
        for pattern in (rf"(?<!\w){re.escape(target)}(?!\w)", re.escape(target)):
            found = re.search(pattern, review, flags)
            if found is not None and len(found[0]) == len(target):
                return found.start()
    return None
