"""Text that a spreadsheet takes for a formula, and the apostrophe that guards it (`analyze --excel-safe`).

Called by `aspectra.reviews` and `aspectra.analyze`.
"""

from __future__ import annotations

import codecs
import lzma
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aspectra.rows import read_rows
from aspectra.rows.row import FOUND, Form, Keep, Row
from aspectra.rows.texts import check_file, kind, unpacked

# At the start of a cell, spreadsheets take these for a formula. Apostrophes may precede them: `unguarded` removes one.
FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
REVIEW = ("review_row", "review_id")  # the first columns of a file of opinions


def unguarded(text: str) -> str:
    """A cell's text as it was before it was guarded.

    >>> unguarded("'=1+1"), unguarded("-5"), unguarded("'tis")
    ('=1+1', '-5', "'tis")
    """
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def review_rows(path: Path, keep: Keep, form: Form = FOUND) -> Iterator[Row]:
    """The rows of a file (`read_rows`). In a file of opinions that is safe in spreadsheets, the apostrophes are removed
    from the cells and the names of columns. Such a file is known by its byte-order mark and its first columns.
    """
    guarded = kind(path) == ".csv" and begins_with_mark(path)

    def known(names: Sequence[str]) -> Iterable[str]:
        return keep(list(map(unguarded, names)) if guarded and tuple(names[:2]) == REVIEW else names)

    for row in read_rows(path, known, form):
        if not guarded or tuple(row.values)[:2] != REVIEW:
            yield row
            continue
        cells = (unguarded(value) if isinstance(value, str) else value for value in row.values.values())
        yield replace(row, values=dict(zip(map(unguarded, row.values), cells, strict=True)))


def begins_with_mark(path: Path) -> bool:
    """Whether a text file begins with the byte-order mark of UTF-8. Raises UserError if it cannot be opened."""
    check_file(path)
    try:
        with unpacked(path) as stream:
            return stream.peek(len(codecs.BOM_UTF8)).startswith(codecs.BOM_UTF8)
    except (OSError, EOFError, lzma.LZMAError, zlib.error):
        return False  # the reader reports it
