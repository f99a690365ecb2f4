"""JSONL: one object on each line. Called by `aspectra.rows`, and by code that reads JSONL other than tables."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.rows.row import Row
from aspectra.rows.texts import text_file

LIST = re.compile(r"\s*\[\s*(\{|\]|$)")  # how a list of objects begins


def jsonl_rows(path: Path, encoding: str | None = None, fixed: bool = False) -> Iterator[Row]:
    """One JSON object on each line; blank lines are skipped. `fixed`: see `text_file`."""
    with text_file(path, encoding, fixed) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            if number == 1 and LIST.match(line):
                raise UserError(f"{path} is a JSON list; write one JSON object a line (JSONL)")
            place = f"line {number}"
            try:
                value = json.loads(line, object_pairs_hook=distinct)
            except DoubleKeyError as error:
                yield Row(place, fault="double key", detail=f"the key '{error}' appears twice in an object")
                continue
            except (ValueError, RecursionError) as error:
                why: object = error
                if isinstance(error, json.JSONDecodeError):
                    why = f"{error.msg.removesuffix(' at')} at character {error.pos + 1}"
                yield Row(place, fault="torn line", detail=f"the line is incomplete or not JSON ({why})")
                continue
            if isinstance(value, dict):
                yield Row(place, value)
            else:
                yield Row(place, fault="not an object", detail="a line must be one JSON object")


class DoubleKeyError(ValueError):
    """A duplicate key in an object."""


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object. Raises DoubleKeyError for a duplicate key."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DoubleKeyError(next(key for key, number in Counter(key for key, _ in pairs).items() if number > 1))
    return found
