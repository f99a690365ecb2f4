"""Detects cells without a value. Called by `columns` and `dates`."""

from __future__ import annotations

import math
from typing import Any

# As written by data frames, R, databases, spreadsheets, and by hand.
SPELLED = frozenset((
    "", "-", "--", "?", "#n/a", "#na", "<na>", "n/a", "n.a.", "na", "nan", "nat", "nil", "none", "null", "undefined",
    "unknown", "not available", "0000-00-00", "0000-00-00 00:00:00",
))  # fmt: skip


def absent(value: Any) -> bool:
    """Whether a cell has no value: empty, NaN, or a word for it.

    >>> [absent(value) for value in (None, float("nan"), " N/A ", 0, "no")]
    [True, True, True, False, False]
    """
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, str) and value.strip().casefold() in SPELLED)
