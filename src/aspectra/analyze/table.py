"""The table of reviews with all its columns: surveyed once for faults, columns and dates, then read again row by row.

Called by `aspectra.analyze.analysis`. Nothing of it grows with the table but a count of days.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from aspectra.analyze.dates import Dates, find_dates
from aspectra.errors import UserError
from aspectra.reviews import ID, SKIP, close_reading, fault_of, find, name_of, which_text
from aspectra.rows import read_rows

HEAD = 1000  # rows by which the date column and its format are chosen
FORMATS = ("csv", "tsv", "jsonl")


class Entry(NamedTuple):
    """A review: its number in the file from 1 (bad rows count), id, text, and the row as it stands in the file."""

    row: int
    id: str
    text: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """Which file, and how it is read."""

    path: Path
    text_column: str | None = None
    skip_bad_rows: bool = False
    limit: int | None = None

    def entries(self, bad: Counter[str] | None = None) -> Iterator[Entry]:
        """The reviews in their order; what is passed over is counted by reason in `bad`.

        Raises UserError: no such file, not UTF-8, no text column, a bad row unless `skip_bad_rows`.
        """
        text = identity = None
        lines = self.path.suffix.lower() in (".jsonl", ".ndjson")
        good = 0
        for number, row in enumerate(read_rows(self.path, list), 1):
            if good == self.limit:
                return
            if text is None and row.values:
                text = which_text(self.path, tuple(row.values), self.text_column)
                identity = find(tuple(row.values), ID)
            fault, detail = row.fault, row.detail
            if not fault:
                fault, detail = fault_of(row.values.get(text or ""), text or "text")
            if fault:
                if not self.skip_bad_rows:
                    raise UserError(f"{self.path}, {row.place}: {detail}; {SKIP}")
                if bad is not None:
                    bad[fault] += 1
                continue
            good += 1
            assert text is not None
            values = mended(row.values) if lines else row.values
            yield Entry(number, name_of(values, identity, number), values[text], values)


def mended(values: dict[str, Any]) -> dict[str, Any]:
    """A row of JSONL; half a character (a lone surrogate), which no file can hold, becomes a question mark."""
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        found: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
        return found
    return values


@dataclass
class Survey:
    """What is in a table: how many reviews, which columns of which types (as JSON has them), what was passed over.

    `days` counts the reviews of each day, where there is a date column.
    """

    reviews: int = 0
    columns: dict[str, set[type]] = field(default_factory=dict)
    bad: Counter[str] = field(default_factory=Counter)
    dates: Dates | None = None
    days: Counter[date] = field(default_factory=Counter)


def survey(reading: Reading, date_column: str | None = None, by: tuple[str, ...] = ()) -> Survey:
    """Read the table once: what is wrong with it is known before a model is loaded.

    Raises UserError as `Reading.entries` does, and for no reviews at all, or a column asked for that is not there.
    """
    head = [entry.values for entry in itertools.islice(reading.entries(), HEAD)]
    found = Survey()
    for entry in reading.entries(found.bad):
        found.reviews += 1
        for name, value in entry.values.items():
            kinds = found.columns.get(name)
            if kinds is None:
                kinds = found.columns[name] = set()
            if value is not None:
                kinds.add(dict if type(value) is int and not -(1 << 63) <= value < 1 << 63 else type(value))
        if found.reviews == 1:
            found.dates = find_dates(head, date_column)
        if found.dates is not None and (day := found.dates.day(entry.values)) is not None:
            found.days[day] += 1
    close_reading(reading.path, found.reviews, found.bad)
    for name in by:
        if name not in found.columns:
            raise UserError(f"{reading.path} has no column '{name}' for --by; it has: {', '.join(found.columns)}")
    return found


def spool(stream: BinaryIO, folder: Path, kind: str | None) -> Path:
    """Keep what comes in on a pipe in a file of the folder: it is read more than once. Returns the file.

    Without `kind`, a stream that begins with `{` is JSONL, and CSV else.
    """
    from aspectra.files import replacing

    first = stream.read(1 << 16)
    if kind is None:
        kind = "jsonl" if first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else "csv"
    path = folder / f"stdin.{kind}"
    with replacing(path) as temporary, temporary.open("wb") as out:
        while first:
            out.write(first)
            first = stream.read(1 << 20)
    return path


def stdin() -> BinaryIO:
    """Standard input as bytes. Raises UserError at a terminal, where nothing would come."""
    if sys.stdin.isatty():
        raise UserError("nothing is piped into standard input; name a file of reviews")
    return sys.stdin.buffer
