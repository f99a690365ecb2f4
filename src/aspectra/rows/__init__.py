"""Reads tables from disk, one row at a time, without interpreting them.

Called by `aspectra.reviews`, which turns rows into reviews, and by readers of other tables. A row that cannot be read
is returned with its fault, so that the caller chooses between an error and skipping it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from aspectra.errors import UserError
from aspectra.rows.array import array_rows
from aspectra.rows.lines import LIST, jsonl_rows
from aspectra.rows.parquet import BATCH, parquet_rows
from aspectra.rows.row import FOUND, Form, Keep, Row
from aspectra.rows.separated import csv_rows
from aspectra.rows.sheet import sheet_rows
from aspectra.rows.texts import PACKED, check_file, kind, nothing, text_file

__all__ = [
    "BATCH",
    "FOUND",
    "JSON",
    "SUFFIXES",
    "Form",
    "Row",
    "check_file",
    "jsonl_rows",
    "kind",
    "nothing",
    "read_rows",
    "text_file",
]

JSON = (".jsonl", ".ndjson", ".json")
SHEETS = (".xlsx", ".xlsm")
SUFFIXES = (".csv", ".tsv", *JSON, ".parquet", *SHEETS)
FIRST = 4096  # characters needed to recognize a list, which may be one line of gigabytes
ELSE = {".xls": "save it as .xlsx or .csv", ".ods": "save it as .xlsx or .csv", ".zip": "unpack it"}


def read_rows(path: Path, keep: Keep, form: Form = FOUND) -> Iterator[Row]:
    """The rows of a file, by its suffix (`SUFFIXES`; text files may be compressed: `PACKED`).

    Of Parquet, only the columns in `keep` are read. Raises UserError for a file that is missing, has another suffix, or
    is not in its encoding, and for a `form` that does not fit the file; MissingExtraError if the package for it is
    missing.
    """
    suffix = kind(path)
    if form.delimiter is not None and suffix not in (".csv", ".tsv"):
        raise UserError(f"{path}: --delimiter is for .csv and .tsv files")
    if form.encoding is not None and suffix in (".parquet", *SHEETS):
        raise UserError(f"{path}: --encoding is for text files")
    packed = path.suffix.lower() in PACKED
    if suffix in (".csv", ".tsv"):
        yield from csv_rows(path, keep, form, tabs=suffix == ".tsv")
    elif suffix in JSON:
        yield from array_rows(path, form.encoding) if is_list(path, form) else jsonl_rows(path, form.encoding)
    elif suffix == ".parquet" and not packed:
        yield from parquet_rows(path, keep)
    elif suffix in SHEETS and not packed:
        yield from sheet_rows(path, keep)
    else:
        check_file(path)
        advice = ELSE.get(path.suffix.lower(), "save it as one of these")
        raise UserError(f"{path}: tables are read from {', '.join(SUFFIXES)} files and .csv.gz; {advice}")


def is_list(path: Path, form: Form) -> bool:
    """Whether a JSON file is one list instead of JSON lines. Raises UserError for a single multi-line object."""
    with text_file(path, form.encoding) as stream:
        while (first := stream.readline(FIRST)) and not first.strip():
            pass
    if kind(path) == ".json" and first.strip() == "{":
        raise UserError(f"{path} is one JSON object; write a list of objects ([{{...}}, ...]), or one object a line")
    return LIST.match(first) is not None
