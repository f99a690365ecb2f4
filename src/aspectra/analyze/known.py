"""Detects rows that were read before, by their content; counts repeated rows. Called by `growth`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aspectra.analyze.columns import WHOLE
from aspectra.analyze.output import plain


def digest(values: Mapping[str, Any]) -> int:
    """An eight-byte digest of a row: of its cells by column name, in any order.

    It is the same in every format: a cell without a value is omitted, and 5.0 equals 5, because data frames write
    integers as floats after the first empty cell.

    >>> digest({"a": 5, "b": None}) == digest({"b": "", "a": "5.0"}) != digest({"a": "5.5"})
    True
    """
    cells = sorted((name, written(value)) for name, value in values.items() if not empty(value))
    text = json.dumps(cells, ensure_ascii=False)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def empty(value: Any) -> bool:
    """Whether a format may omit a cell: None, empty text, or NaN, which data frames write for missing values."""
    return value is None or value == "" or value != value


def written(value: Any) -> str:
    """A cell's value as text."""
    text = plain(value)
    return whole[1] if (whole := WHOLE.fullmatch(text)) else text


class Known:
    """The earlier rows by digest, (rows,) of uint64: 12 bytes for each row."""

    def __init__(self, digests: Any) -> None:
        import numpy as np

        self.digests = np.sort(digests)
        self.taken = np.zeros(len(digests), np.uint32)  # at the first of equal digests: how many of them are taken

    def take(self, digest: int) -> bool:
        """Whether an earlier row with this digest is left; marks one as taken."""
        import numpy as np

        start, end = (int(np.searchsorted(self.digests, np.uint64(digest), side)) for side in ("left", "right"))
        if start == end or self.taken[start] == end - start:
            return False
        self.taken[start] += 1
        return True
