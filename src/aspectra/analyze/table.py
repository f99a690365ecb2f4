"""The table of reviews with all its columns: read once for faults, columns and dates, then again row by row.

Called by `aspectra.analyze.analysis`. Memory grows with the table only by a count per day.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from aspectra.analyze.dates import Dates, find_dates
from aspectra.analyze.stars import find_stars, stars_of
from aspectra.analyze.unreadable import Unreadable
from aspectra.errors import UserError
from aspectra.progress import say
from aspectra.reviews import (
    FOUND_LAYOUT,
    SKIP,
    Layout,
    close_reading,
    column_of,
    fault_of,
    name_of,
    which_id,
    which_text,
)
from aspectra.rows import JSON, Form, kind
from aspectra.rows.formulas import review_rows

HEAD = 1000  # rows that decide the columns of dates and stars
EXACT = 1 << 53  # up to it, a float can be any integer


class Long(int):
    """The kind of integers beyond `EXACT`: a column with them and with fractions is no column of numbers."""


class Entry(NamedTuple):
    """A review: its number in the file from 1 (bad rows count), id, text, the row of the file, and the row's place
    there (`line 4`), for messages."""

    row: int
    id: str
    text: str
    values: dict[str, Any]
    place: str = ""


class Order:
    """What a table's dates are if this is their format: the reviews of each day, and the cells that are no dates."""

    def __init__(self, dates: Dates) -> None:
        self.dates, self.days, self.unreadable = dates, Counter[date](), Unreadable(dates.column, "date")

    def add(self, entry: Entry) -> None:
        """Count a review."""
        if (day := self.dates.day(entry.values)) is not None:
            self.days[day] += 1
        else:
            self.unreadable.add(entry.place, entry.values.get(self.dates.column))


@dataclass
class Table:
    """A file of reviews: how to read it, and, after `read_table`, a summary of its content.

    `columns` are the names of its columns with the kinds of their values (`kind_of`). `bad` counts skipped rows by
    reason, and `days` the reviews of each day if there is a date column (`dates`). `stars` is the column of ratings, if
    there is one. `unreadable` are the cells of both that cannot be read, by "date" and "rating".
    """

    path: Path
    layout: Layout = FOUND_LAYOUT
    skip_bad_rows: bool = False
    limit: int | None = None
    reviews: int = 0
    columns: dict[str, set[type]] = field(default_factory=dict)
    bad: Counter[str] = field(default_factory=Counter)
    dates: Dates | None = None
    days: Counter[date] = field(default_factory=Counter)
    stars: str | None = None
    unreadable: dict[str, Unreadable] = field(default_factory=dict)

    def entries(self, bad: Counter[str] | None = None) -> Iterator[Entry]:
        """The reviews in order, read from the file each time; skipped rows are counted by reason in `bad`.

        Raises UserError: no such file, another encoding, no such column, a bad row unless `skip_bad_rows`.
        """
        text = identity = None
        json = kind(self.path) in JSON
        good = 0
        for number, row in enumerate(review_rows(self.path, list, self.layout.form), 1):
            if good == self.limit:
                return
            if text is None and row.values:
                text = which_text(self.path, tuple(row.values), self.layout.text_column)
                identity = which_id(self.path, tuple(row.values), self.layout.id_column)
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
            values = mended(row.values) if json else row.values
            yield Entry(number, name_of(values, identity, number), values[text], values, row.place)

    def fields(self) -> Any:
        """Its columns as a `pyarrow.Schema`: those of Parquet keep their types, those of JSONL get the narrowest one.

        A column with several types, with lists or objects from JSONL, or with fractions and integers that a float
        cannot be, becomes text; its values other than strings are written as JSON.
        """
        import pyarrow as pa

        if kind(self.path) == ".parquet":
            import pyarrow.parquet

            given = pyarrow.parquet.read_schema(self.path)
            types = [(each.name, each.type) for each in given]
            return pa.schema(
                [(name, type_.value_type if pa.types.is_dictionary(type_) else type_) for name, type_ in types]
            )
        usual = ((pa.string(), {str}), (pa.bool_(), {bool}), (pa.int64(), {int, Long}), (pa.float64(), {int, float}))
        fields = []
        for column, kinds in self.columns.items():
            type_ = next((type_ for type_, fitting in usual if kinds <= fitting), None)
            fields.append(pa.field(column, type_ or pa.string(), metadata={} if type_ is not None else {"json": "1"}))
        return pa.schema(fields)

    def compared(self, by: Sequence[str]) -> list[str]:
        """The columns to compare by. Raises UserError if one does not exist."""
        names = list(self.columns)
        return list(dict.fromkeys(column_of(self.path, names, "--by", name) for name in by))


def read_table(
    path: Path | str,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    skip_bad_rows: bool = False,
    limit: int | None = None,
    date_column: str | None = None,
    stars_column: str | None = None,
    tell: bool = True,
) -> Table:
    """Read a table of reviews (`aspectra.rows`) once, so that faults are reported early.

    The columns of text, id, date and stars are found by name unless they are given. `encoding` is found by a byte-order
    mark, else UTF-8; the `delimiter` of CSV by the header. `limit` takes only the first reviews; `skip_bad_rows` skips
    and counts rows that cannot be read or have no text. `tell`: report columns that have names like dates or stars and
    other values.

    Raises UserError: no such file, another encoding, no such column, no reviews, a bad row unless `skip_bad_rows`, a
    given column of dates or stars that has few of them.
    """
    layout = Layout(text_column, id_column, Form(encoding, delimiter))
    table = Table(Path(path), layout, skip_bad_rows, limit)
    survey(table, date_column, stars_column, tell)
    close_reading(table.path, table.reviews, table.bad)
    return table


def survey(
    table: Table, date_column: str | None, stars_column: str | None, tell: bool = True, cells: bool = True
) -> None:
    """Read a table once and record its content.

    The first rows decide the columns of dates and stars, and all rows whether the day or the month comes first. `tell`:
    report columns with a suitable name but unsuitable values; `cells`: report unreadable cells.

    Raises UserError as `read_table` does.
    """
    head = [entry.values for entry in itertools.islice(table.entries(), HEAD)]
    if head:
        names = list(dict.fromkeys(name for values in head for name in values))
        if date_column is not None:
            date_column = column_of(table.path, names, "--date", date_column)
        if stars_column is not None:
            stars_column = column_of(table.path, names, "--stars", stars_column)
        table.dates = find_dates(head, date_column, tell)
        table.stars = find_stars(head, stars_column, tell)
    orders = [Order(dates) for dates in table.dates.orders()] if table.dates is not None else []
    ratings = Unreadable(table.stars, "rating") if table.stars is not None else None
    table.reviews = 0
    for entry in table.entries(table.bad):
        table.reviews += 1
        for name, value in entry.values.items():
            kinds = table.columns.get(name)
            if kinds is None:
                kinds = table.columns[name] = set()
            if value is not None:
                kinds.add(kind_of(value))
        for order in orders:
            order.add(entry)
        if ratings is not None and stars_of(value := entry.values.get(ratings.column)) is None:
            ratings.add(entry.place, value)
    if orders:
        best = max(orders, key=lambda order: order.days.total())  # the first one of equals
        table.dates, table.days, table.unreadable["date"] = best.dates, best.days, best.unreadable
    if ratings is not None:
        table.unreadable["rating"] = ratings
    for unreadable in table.unreadable.values():
        if unreadable.count and cells:
            say(f"{table.path}: {unreadable.told()}")


def kind_of(value: Any) -> type:
    """The type of a value; `Long` for large integers, and dict, as for what only text can hold, beyond 64 bits."""
    if type(value) is not int or abs(value) <= EXACT:
        return type(value)
    return Long if -(1 << 63) <= value < 1 << 63 else dict


def mended(values: dict[str, Any]) -> dict[str, Any]:
    """A row of JSONL. NaN, which data frames write for a missing value, becomes None, and a lone surrogate, which
    cannot be encoded, a question mark.
    """
    values = {name: None if value != value else value for name, value in values.items()}
    text = json.dumps(values, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        found: dict[str, Any] = json.loads(text.encode("utf-8", "replace"))
        return found
    return values
