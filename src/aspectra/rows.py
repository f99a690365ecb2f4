"""The rows of a CSV, JSONL or Parquet file, one at a time, before anyone asks what they mean.

Called by `aspectra.reviews`, which makes reviews of them, and by whatever reads tables of another kind. A row that
cannot be read is given with its fault, so that the caller chooses between an error and passing over it.
"""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from aspectra.errors import UserError

# A quote that is never closed would make the rest of a file one field: past this many characters it is an error.
LONGEST_FIELD = 1 << 24
BATCH = 1024
Keep = Callable[[Sequence[str]], Iterable[str]]
"""Which of a table's columns the caller will read, by their names."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read. `fault` is what is wrong with it in a word or two, `detail` says more."""

    place: str
    values: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    detail: str = ""


def read_rows(path: Path, keep: Keep) -> Iterator[Row]:
    """The rows of a file by its suffix; of Parquet only the columns that are kept.

    Raises UserError for a file that is missing, of another suffix, or not UTF-8.
    """
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        yield from parquet_rows(path, keep)
    elif suffix in (".csv", ".tsv"):
        yield from csv_rows(path, "\t" if suffix == ".tsv" else None, keep)
    elif suffix in (".jsonl", ".ndjson"):
        yield from jsonl_rows(path)
    else:
        check_file(path)
        raise UserError(f"{path}: reviews are read from .csv, .tsv, .jsonl and .parquet files")


def csv_rows(path: Path, delimiter: str | None, keep: Keep) -> Iterator[Row]:
    """Rows under a header; fields may hold line breaks. Without a delimiter, the header shows which it is."""
    csv.field_size_limit(LONGEST_FIELD)
    with text_file(path) as stream:
        blank = 0  # lines before the header
        while (head := stream.readline()) and not head.strip():
            blank += 1
        if delimiter is None:
            # Spreadsheets of many countries write ';' into a .csv file.
            bare = re.sub(r'"[^"]*"', "", head)
            delimiter = next((mark for mark in ",;\t" if mark in bare), ",")
        reader = csv.reader(itertools.chain([head], stream), delimiter=delimiter, strict=True)
        header: list[str] | None = None
        while True:
            place = f"line {blank + reader.line_num + 1}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(place, dict.fromkeys(header or ()), "torn row", f"the row is not CSV ({error})")
                continue
            if not cells:
                continue
            if header is None:
                header = [cell.strip() for cell in cells]
                check_names(path, header, keep(header))
                continue
            values = dict(zip(header, cells, strict=False))
            if len(cells) > len(header):
                many = (
                    f"{len(cells)} fields where the header has {len(header)}; put quotes around text with '{delimiter}'"
                )
                yield Row(place, values, "too many fields", many)
            else:
                yield Row(place, dict.fromkeys(header) | values)


def jsonl_rows(path: Path) -> Iterator[Row]:
    """One JSON object a line, blank lines left out."""
    with text_file(path) as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            place = f"line {number}"
            try:
                value = json.loads(line, object_pairs_hook=distinct)
            except DoubleKeyError as error:
                yield Row(place, fault="double key", detail=f"the key '{error}' stands twice in an object")
                continue
            except (ValueError, RecursionError) as error:
                if number == 1 and re.match(r"\s*\[\s*(\{|$)", line):
                    raise UserError(f"{path} is a JSON list; here a line holds one JSON object (JSONL)") from None
                why = f"{error.msg} at character {error.pos + 1}" if isinstance(error, json.JSONDecodeError) else error
                yield Row(place, fault="torn line", detail=f"the line is torn or no JSON ({why})")
                continue
            if isinstance(value, dict):
                yield Row(place, value)
            else:
                yield Row(place, fault="not an object", detail="a line holds one JSON object")


class DoubleKeyError(ValueError):
    """A key that an object has twice."""


def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; raises DoubleKeyError where a key would take the place of another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise DoubleKeyError(next(key for key, number in Counter(key for key, _ in pairs).items() if number > 1))
    return found


def parquet_rows(path: Path, keep: Keep) -> Iterator[Row]:
    """Rows by batches."""
    import pyarrow
    import pyarrow.parquet

    check_file(path)
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names

            if not file.metadata.num_rows:
                return
            wanted = list(dict.fromkeys(keep(names)))
            check_names(path, names, wanted)
            number = 0
            for batch in file.iter_batches(batch_size=BATCH, columns=wanted):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"row {number}", values)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as Parquet: {error}") from None


def check_names(path: Path, names: Sequence[str], wanted: Iterable[str]) -> None:
    """Raise UserError where two columns have a name that is wanted, so that one would be lost; blank names are none."""
    counts = Counter(names)
    if double := [name for name in wanted if name and counts[name] > 1]:
        raise UserError(f"{path} has more than one column '{double[0]}'; rename all but one")


def check_file(path: Path) -> None:
    """Raise UserError unless the file can be opened for reading."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file")
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UserError(f"there is no file {path}") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def nothing(path: Path) -> str:
    """Why a file that could be read has no row."""
    return "it has no rows" if path.stat().st_size else "it is empty"


@contextmanager
def text_file(path: Path) -> Iterator[IO[str]]:
    """Open a file as UTF-8 with or without byte-order mark, line ends untouched; bad bytes become a UserError."""
    check_file(path)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            yield stream
        except UnicodeDecodeError:
            raise not_utf8(path) from None


def not_utf8(path: Path) -> UserError:
    """The error for a file that is not UTF-8, with the line and byte where that shows first."""
    before = 0
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                where = f"line {number}, byte {before + error.start + 1} of the file is 0x{line[error.start]:02x}"
                return UserError(f"{path} is not UTF-8 ({where}); save it as UTF-8")
            before += len(line)
    return UserError(f"{path} is not UTF-8; save it as UTF-8")
