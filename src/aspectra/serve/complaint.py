"""Error messages for invalid JSON in our own words: a validator's messages name types that users do not know.

Called by `aspectra.serve.app`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OBJECT = 'must be a JSON object, as in {{"text": "Great soup, rude waiter."}}'
WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown: leave it out",
    "string_type": "must be a text",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "must not be empty",
    "string_pattern_mismatch": "must not contain the character U+0000",
    "string_unicode": "is not a text: it has half a character (a lone surrogate)",
    "list_type": "must be a list of texts",
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


def complaint(errors: Sequence[Mapping[str, Any]]) -> str:
    """One line for the first of a validator's errors. The input is not repeated, because it may not be valid text.

    >>> complaint([{"type": "string_too_long", "loc": ("body", "one", "text"), "ctx": {"max_length": 9}}])
    'text is longer than 9 characters'
    """
    # A mistyped name also causes a missing name; the mistyped one is reported.
    first = min(errors, key=lambda each: each["type"] != "extra_forbidden")
    parts = [part for part in first["loc"] if part not in KINDS]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:LONGEST]}" for part in parts).lstrip(".")
    told = WORDS.get(first["type"], "is not valid").format(**first.get("ctx") or {})
    return f"{where or 'the body'} {told}"
