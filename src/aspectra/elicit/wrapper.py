"""Takes a rewriting out of what encloses it: a code fence, JSON, a block quote, quotes. Pure; never raises.

Called by `aspectra.elicit.chatter`.
"""

from __future__ import annotations

import json
import re
from typing import Any

FENCED = re.compile(r"^[ \t]*(```|~~~)[\w-]*[ \t]*\n(.*?)(?:^[ \t]*\1|\Z)", re.DOTALL | re.MULTILINE)
QUOTES = {'"': '"', "“": "”"}
# Names of the field with the answer, the most telling first.
FIELDS = (
    re.compile(r"re-?writ|rewrote|paraphras|reword|retold|retell|rephras|revis|new_?(?:text|review)", re.IGNORECASE),
    re.compile(r"final|answer|output|response|result|version|completion", re.IGNORECASE),
    re.compile(r"review|text|content|message", re.IGNORECASE),
)
SOURCE = re.compile(r"original|source|input|old|reason|thought|thinking|analysis|note", re.IGNORECASE)
OBJECT = re.compile(r"\s*(?:json\s*)?(?:\{\s*[\"'“{}]|\[\s*[\"'{\[])", re.IGNORECASE)
DEPTH = 4  # wrappers within wrappers


def fenced(text: str) -> str:
    """The content of a code fence, if there is one."""
    if "```" not in text and "~~~" not in text:
        return text
    if (found := FENCED.search(text)) is not None and found[2].strip():
        return found[2].strip()
    if len(text) > 6 and text.startswith("```") and text.endswith("```") and "```" not in text[3:-3]:
        return text[3:-3].strip()
    return text


def unwrapped(text: str) -> str:
    """The text in JSON (a field that is named like an answer), else the text as it is."""
    if not is_json(text):
        return text
    try:
        value = json.JSONDecoder(strict=False).raw_decode(text[min(text.find(c) for c in "{[" if c in text) :])[0]
    except (ValueError, RecursionError):
        return text
    found = _answer(value, DEPTH)
    return text if found is None else found.strip()


def is_json(text: str) -> bool:
    """Whether a text begins like an object or a list of JSON."""
    return OBJECT.match(text) is not None


def _answer(value: Any, depth: int) -> str | None:
    if isinstance(value, list) and len(value) == 1 and depth:
        return value[0] if isinstance(value[0], str) else _answer(value[0], depth - 1)
    if not isinstance(value, dict) or not depth:
        return None
    for field in FIELDS:
        for name, inner in value.items():
            if field.search(name) and not (SOURCE.search(name) and not FIELDS[0].search(name)):
                found = inner if isinstance(inner, str) else _answer(inner, depth - 1)
                if found is not None and found.strip():
                    return found
    return None


def bare(text: str) -> str:
    """A text without the block quote, the bold type or the quotes around the whole of it."""
    lines = text.split("\n")
    if text.startswith(">") and all(line.startswith(">") or not line.strip() for line in lines):
        text = "\n".join(re.sub(r"^>[ \t]?", "", line) for line in lines).strip()
    if len(text) > 4 and text.startswith("**") and text.endswith("**") and "*" not in text[2:-2]:
        text = text[2:-2].strip()
    if len(text) > 1 and QUOTES.get(text[0]) == text[-1] and text[-1] not in text[1:-1]:
        text = text[1:-1].strip()
    return text
