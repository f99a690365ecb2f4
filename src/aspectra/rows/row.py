"""A row of a table, and the format of its file. Called by every reader of `aspectra.rows`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.errors import UserError

# An unclosed quote would make the rest of a file one field: a longer field, in characters, is an error.
LONGEST_FIELD = 1 << 24
Keep = Callable[[Sequence[str]], Iterable[str]]
"""Selects the columns that the caller needs, by name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `fault` is what is wrong with it in a word or two; `detail` says more."""

    place: str
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What a file may not state: the `encoding` of its text, and the delimiter of CSV.

    None: the encoding comes from a byte-order mark, else it is UTF-8; the delimiter comes from the header.
    """

    encoding: str | None = None
    delimiter: str | None = None


FOUND = Form()


def check_names(path: Path, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise UserError if two columns share a wanted name, since one would be lost. Blank names do not count."""
    counts = Counter(names)
    if double := [name for name in wanted if name and counts[name] > 1]:
        raise UserError(f"{path} has more than one column '{double[0]}'; rename all but one")
