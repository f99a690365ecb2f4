"""A row of a table as it was read, and how its file is to be read. Called by every reader of `aspectra.rows`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.errors import UserError

# A quote that is never closed would make the rest of a file one field: past this many characters it is an error.
LONGEST_FIELD = 1 << 24
Keep = Callable[[Sequence[str]], Iterable[str]]
"""Which of a table's columns the caller will read, by their names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read. `fault` is what is wrong with it in a word or two, `detail` says more."""

    place: str
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What a file does not say of itself: the `encoding` of its text, and what stands between the fields of CSV.

    None: a byte-order mark tells, else UTF-8; and the header line tells.
    """

    encoding: str | None = None
    delimiter: str | None = None


FOUND = Form()


def check_names(path: Path, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise UserError where two columns have a name that is wanted, so that one would be lost; blank names are none."""
    counts = Counter(names)
    if double := [name for name in wanted if name and counts[name] > 1]:
        raise UserError(f"{path} has more than one column '{double[0]}'; rename all but one")
