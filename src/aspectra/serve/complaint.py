"""Error messages for invalid JSON in our own words: a validator's messages name types that users do not know.

Called by `aspectra.serve.app`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

OBJECT, LIST = "must be a JSON object", "must be a list"
WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown: leave it out",
    "string_type": "must be a string",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must not contain the character U+0000",
    "string_unicode": "is not a text: it has half a character (a lone surrogate)",
    "list_type": LIST,
    "both": "has text and texts: leave one of them out",
    "too_long": "can have at most {max_length} texts: send them in several requests",
    "too_short": "must have at least one text",
    "int_type": "must be a whole number",
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "must be a number"),
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), OBJECT),
}
KINDS = ("body", "one", "many")  # parts of an error's location that the client did not write
LONGEST = 40  # characters of a name that are repeated in a message


def complaint(errors: Sequence[Mapping[str, Any]], bodies: Sequence[Any] = ()) -> str:
    """One line for the first of a validator's errors. The input is not repeated, because it may not be valid text.

    `bodies` are valid ones, to show what belongs in the place of an error.

    >>> complaint([{"type": "string_too_long", "loc": ("body", "one", "text"), "ctx": {"max_length": 9}}])
    'text is longer than 9 characters'
    """
    # A mistyped name also causes a missing name; the mistyped one is reported.
    first = min(errors, key=lambda each: each["type"] != "extra_forbidden")
    parts = [part for part in first["loc"] if part not in KINDS]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:LONGEST]}" for part in parts).lstrip(".")
    told = WORDS.get(first["type"], "is not valid").format(**first.get("ctx") or {})
    if told in (OBJECT, LIST):
        told += like(next((found for body in bodies if (found := at(body, parts)) is not None), None))
    return f"{where or 'the body'} {told}"


def at(body: Any, parts: Sequence[Any]) -> Any:
    """What a body has in a place; None if it does not have it. The first entry of a list stands for all."""
    for part in parts:
        if isinstance(part, int):
            body = body[0] if isinstance(body, list) and body else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def like(example: Any) -> str:
    """An example as the end of a message; for a list of texts the words are enough."""
    if isinstance(example, list) and all(isinstance(each, str) for each in example):
        return " of texts"
    return "" if example is None else f", as in {json.dumps(example, ensure_ascii=False)}"
