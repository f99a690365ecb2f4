"""Finds JSON in an answer and reads it as LLMs write it: completely or not at all. Pure.

Called by `aspectra.elicit.extraction`.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

SPACE = re.compile(r"(?:\s|(?://|#)[^\n]*|/\*.*?\*/)*+", re.DOTALL)
GAP = r"(?:\s|(?://|#)[^\n]{0,200}\n)*+"
# What begins like JSON, unlike brackets in prose ("[sic]", "{you}"). At the very end it may be JSON that is cut off.
OPENING = re.compile(rf"\{{(?={GAP}(?:[\"'“]|\w{{1,40}}\s*:))|\[(?={GAP}[\"'“{{\[\]])|(?<![^\s,}}\]])[{{\[](?=\s*\Z)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"|\'((?:[^\'\\]|\\.)*+)\'|“([^“”"]*+)[”"]', re.DOTALL)
ESCAPED = re.compile(r"\\(.)", re.DOTALL)
SCALAR = re.compile(r"(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|True|False|None)\b")
PYTHON = {"True": True, "False": False, "None": None}
CLOSING = {"{": "}", "[": "]"}
DEPTH = 20  # brackets within brackets: more are noise


class BrokenError(ValueError):
    """JSON that is cut off, or that leaves open what it says."""


class Document(NamedTuple):
    """An object or a list, and its span in the text."""

    start: int
    end: int
    value: Any


def following(text: str, place: int = 0) -> Document | None:
    """The first document that begins at `place` or after it; None if there is none.

    Accepts comments, trailing and missing commas, single quotes, curly quotes, and Python's names for the constants.
    Raises BrokenError for JSON that is not read to its end.
    """
    if (found := OPENING.search(text, place)) is None:
        return None
    value, end = _bracketed(text, found.start(), 1)
    return Document(found.start(), end, value)


def _bracketed(text: str, place: int, depth: int) -> tuple[Any, int]:
    """The object or the list at a place, and its end."""
    close = CLOSING[text[place]]
    members: list[Any] = []
    named: dict[str, Any] = {}
    place = _skip(text, place + 1)
    while not text.startswith(close, place):
        value, place = _value(text, place, depth)
        place = _skip(text, place)
        if close == "]":
            members.append(value)
        else:
            if not isinstance(value, str) or not text.startswith(":", place):
                raise BrokenError
            inner, place = _value(text, _skip(text, place + 1), depth)
            # Two objects whose braces are missing in between: a dictionary would keep the last one alone.
            if value in named and named[value] != inner:
                raise BrokenError
            named[value] = inner
            place = _skip(text, place)
        if text.startswith(",", place):
            place = _skip(text, place + 1)
    return (members if close == "]" else named), place + 1


def _value(text: str, place: int, depth: int) -> tuple[Any, int]:
    """The value at a place, and its end."""
    if text[place : place + 1] in CLOSING and depth < DEPTH:
        return _bracketed(text, place, depth + 1)
    if (found := STRING.match(text, place)) is not None:
        return _string(next(part for part in found.groups() if part is not None)), found.end()
    if (found := SCALAR.match(text, place)) is None:
        raise BrokenError
    try:
        return PYTHON[found[0]] if found[0] in PYTHON else json.loads(found[0]), found.end()
    except ValueError:  # a number of some thousand digits
        raise BrokenError from None


def _string(inside: str) -> str:
    try:
        return str(json.loads(f'"{inside}"', strict=False))
    except ValueError:  # quotes of another kind inside, or an escape that JSON does not have
        return ESCAPED.sub(r"\1", inside)


def _skip(text: str, place: int) -> int:
    """The end of the white space and comments at a place."""
    found = SPACE.match(text, place)
    return found.end() if found is not None else place
