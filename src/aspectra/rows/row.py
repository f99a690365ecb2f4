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


def named(header: Sequence[str]) -> list[str]:
    """The names of columns, without spaces around them. A column without a name gets one by its place from 1.

    >>> named(["", " text", "column_3", ""])
    ['column_1', 'text', 'column_3', 'column_4']
    >>> named(["", "column_1"])
    ['column_1_', 'column_1']
    """
    names = [cell.strip() for cell in header]
    taken = set(names)
    for n, name in enumerate(names):
        if not name:
            name = f"column_{n + 1}"
            while name in taken:
                name += "_"
            names[n] = name
    return names


def aligned(place: str, header: Sequence[str], cells: Sequence[Any], advice: Callable[[], str]) -> Row:
    """The row of the cells under a header: columns without a cell have None, and more cells than columns are a fault,
    with advice on what to do.
    """
    values = dict.fromkeys(header) | dict(zip(header, cells, strict=False))
    if len(cells) <= len(header):
        return Row(place, values)
    return Row(place, values, "too many fields", f"{len(cells)} fields, and the header has {len(header)}; {advice()}")


def check_names(path: Path, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise UserError if two columns share a wanted name, since one would be lost."""
    counts = Counter(names)
    if double := [name for name in wanted if counts[name] > 1]:
        raise UserError(f"{path} has more than one column '{double[0]}'; rename all but one")
