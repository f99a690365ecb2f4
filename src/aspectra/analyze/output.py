"""The file of opinions: its columns, the three formats, and reading it. Called by `aspectra.analyze.analysis`.

A row is an opinion: number and id of its review, the opinion, and the review's own columns, unchanged.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from aspectra.analyze.opinions import FIELDS, Found, Opinion, Opinions, joined
from aspectra.analyze.table import Table
from aspectra.errors import UserError
from aspectra.files import copy_head, replacing
from aspectra.rows import read_rows
from aspectra.rows.formulas import FORMULA, REVIEW, unguarded
from aspectra.tables import as_json, first_rows, row_count, write_parquet

SUFFIXES = (".parquet", ".csv", ".jsonl")
OWN = (*REVIEW, *FIELDS)
NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?%?")


def renamed(columns: Iterable[str]) -> dict[str, str]:
    """The names of a table's columns in the output: `review_` is added to one that has the name of an output column.

    >>> renamed(["text", "category", "review_category"])
    {'text': 'text', 'category': 'review_category_', 'review_category': 'review_category'}
    """
    given = list(columns)
    taken = {*OWN, *given}
    names: dict[str, str] = {}
    for column in given:
        name = column
        if column in OWN:
            name = f"review_{column.removeprefix('review_')}"
            while name in taken:
                name += "_"
            taken.add(name)
        names[column] = name
    return names


def write_opinions(
    table: Table, opinions: Opinions, out: Path | str, *, excel_safe: bool = False, after: int = 0
) -> None:
    """Write one row per opinion, with all columns of its review, in the format of `out`'s suffix.

    `opinions` come from `read_opinions`. A review without an opinion has no row. The write is atomic. `excel_safe`,
    only for .csv, adds a byte-order mark to the file, and an apostrophe to text that a spreadsheet would take for a
    formula. `after` is how much of an existing `out` is kept before the new rows (`extent`).

    Raises UserError if the output cannot be written in this way, and for opinions of other reviews.
    """
    path = Path(out)
    check_output(path, excel_safe)
    names = renamed(table.columns)
    supply = rows(table, opinions, names)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        fields = schema(table, names)
        texts = {field.name for field in fields if field.metadata and b"json" in field.metadata}
        made = (texted(row, texts) for row in supply) if texts else supply
        write_parquet(path, made, fields, first_rows(path, after, fields))
    elif suffix == ".csv":
        header = [*OWN, *names.values()]
        with replacing(path) as temporary, temporary.open("w+b") as raw:
            copy_head(path, after, raw)
            # Without the mark, Excel assumes the local encoding.
            encoding = "utf-8-sig" if excel_safe and not after else "utf-8"
            with io.TextIOWrapper(raw, encoding=encoding, newline="") as stream:
                writer = csv.writer(stream)
                cell = guarded if excel_safe else plain
                if not after:
                    writer.writerow([cell(name) for name in header])
                writer.writerows([cell(row[name]) for name in header] for row in supply)
    else:
        with replacing(path) as temporary, temporary.open("w+b") as raw:
            copy_head(path, after, raw)
            for row in supply:
                raw.write((as_json(row, str) + "\n").encode())


def extent(out: Path) -> int:
    """The size of an output: rows of .parquet, bytes of the other formats."""
    return row_count(out) if out.suffix.lower() == ".parquet" else out.stat().st_size


def rows(table: Table, opinions: Opinions, names: dict[str, str]) -> Iterator[dict[str, Any]]:
    """The rows of the output."""
    for entry, found in joined(table.entries(), opinions):
        if found.opinions:
            review = {name: entry.values.get(column) for column, name in names.items()}
            for opinion in found.opinions:
                yield {"review_row": entry.row, "review_id": entry.id, **opinion._asdict(), **review}


def schema(table: Table, names: dict[str, str]) -> Any:
    """The output's columns as a `pyarrow.Schema`: ours, and those of the table under their output names."""
    import pyarrow as pa

    text, whole = pa.string(), pa.int64()
    own = {"review_row": whole, "start": whole, "end": whole, "confidence": pa.float64()}
    fields = [pa.field(name, own.get(name, text)) for name in OWN]
    return pa.schema([*fields, *(field.with_name(names[field.name]) for field in table.fields())])


def texted(row: dict[str, Any], columns: set[str]) -> dict[str, Any]:
    """The row with these columns converted to text."""
    return row | {name: None if row[name] is None else plain(row[name]) for name in columns}


def plain(value: Any) -> str:
    """A value as a cell of CSV: empty for None, JSON for values that are neither text nor numbers."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (bool, list, dict)):
        return as_json(value, str)
    return str(value)


def guarded(value: Any) -> str:
    """A cell that is safe in spreadsheets: text that starts like a formula gets an apostrophe, numbers stay.

    >>> guarded("=1+1"), guarded("-5"), guarded("- 5 stars"), guarded(-5)
    ("'=1+1", '-5', "'- 5 stars", '-5')
    """
    text = plain(value)
    if isinstance(value, str) and FORMULA.match(text) and not NUMBER.fullmatch(text):
        return "'" + text
    return text


@dataclass(frozen=True)
class Written:
    """The opinions of a finished output, review by review; can be iterated repeatedly. `excel_safe` as it was written.

    `cut` and `under` are not stored in the file.
    """

    path: Path
    excel_safe: bool = False

    def __iter__(self) -> Iterator[tuple[int, Found]]:
        for number, group in groupby(self.lines(), key=lambda pair: pair[0]):
            yield number, Found([opinion for _, opinion in group], False)

    def lines(self) -> Iterator[tuple[int, Opinion]]:
        """Each opinion with the number of its review. Raises UserError for a row that was not written here."""
        for row in read_rows(self.path, lambda _: OWN):
            values = row.values
            if row.fault or any(name not in values for name in OWN):
                raise UserError(
                    f"{self.path}, {row.place}: not a row that `aspectra analyze` wrote; make the file again with "
                    "--replace"
                )
            yield int(values["review_row"]), Opinion(*(self.typed(name, values[name]) for name in FIELDS))

    def typed(self, name: str, value: Any) -> Any:
        """A cell of ours as it was before it was written."""
        if value is None or value == "":
            return None
        if name in ("start", "end"):
            return int(value)
        if name == "confidence":
            return float(value)
        return unguarded(value) if self.excel_safe else value


def check_place(option: str, path: Path) -> None:
    """Raise UserError unless the nearest folder of a path that is there can be written to."""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        raise UserError(f"{option} {path} cannot be written: {folder} is not a folder that you may write to") from None


def check_output(out: Path, excel_safe: bool) -> None:
    """Raise UserError for an output that cannot be written in this way."""
    if out.suffix.lower() not in SUFFIXES:
        raise UserError(f"--out {out}: name a file that ends in {', '.join(SUFFIXES)}")
    if out.is_dir():
        raise UserError(f"--out {out} is a folder; name a file in it")
    check_place("--out", out)
    if excel_safe and out.suffix.lower() != ".csv":
        raise UserError("--excel-safe needs an --out that ends in .csv")
