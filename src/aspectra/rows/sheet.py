"""The first sheet of an Excel workbook, row by row. Called by `aspectra.rows`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.progress import say
from aspectra.rows.row import Keep, Row, aligned, check_names, named
from aspectra.rows.texts import check_file
from aspectra.rows.workbook import open_book


def sheet_rows(path: Path, keep: Keep) -> Iterator[Row]:
    """Rows under the first non-empty row, of the first sheet with one.

    Cells are as displayed: numbers, texts, dates, and the last results of formulas. A column without a name gets one
    (`named`), except behind the last name: there, a filled cell is a fault. Raises UserError if the file is not a
    workbook, is damaged or has a password; MissingExtraError without openpyxl.
    """
    check_file(path)
    need("excel", f"a file in {path.suffix}")
    header: list[str] | None = None
    for number, cells in filled_rows(path):
        if header is None:
            header = named(["" if cell is None else str(cell) for cell in cells])
            check_names(path, header, keep(header))
        else:
            yield aligned(f"row {number}", header, cells, lambda: "name the other columns, or empty the cells")


def filled_rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """The number from 1 and the cells, up to the last filled one, of each non-empty row of the first sheet with one.

    Raises UserError if the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            sheets = open_book(stream).worksheets
            for sheet in sheets:
                sheet.reset_dimensions()  # some programs write wrong ones, and rows would be lost
                empty = True
                for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
                    if cells := filled(values):
                        empty = False
                        yield number, cells
                if not empty:
                    if len(sheets) > 1:
                        say(f"{path}: of {len(sheets)} sheets '{sheet.title}' is used")
                    return
    except Exception as error:  # of any kind: whatever openpyxl came upon in a damaged file
        why = str(error) or type(error).__name__
        raise UserError(f"{path} cannot be read as a workbook ({why}); save it as .xlsx or .csv") from None


def filled(values: Sequence[Any]) -> list[Any]:
    """The cells of a row up to the last that is not blank."""
    cells = [unescaped(value) if isinstance(value, str) else value for value in values]
    while cells and (cells[-1] is None or (isinstance(cells[-1], str) and not cells[-1].strip())):
        cells.pop()
    return cells


def unescaped(text: str) -> str:
    """A text without the escapes of characters that XML cannot hold, and of underscores that would look like them.

    >>> unescaped("Good._x000D_"), unescaped("a_x005F_x000D_b"), unescaped("file_x.txt")
    ('Good.\\r', 'a_x000D_b', 'file_x.txt')
    """
    from openpyxl.utils.escape import unescape

    if "_x" not in text:
        return text
    # Some programs escape an emoji as its two surrogates.
    whole: str = unescape(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole
