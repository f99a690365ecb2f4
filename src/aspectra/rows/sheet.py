"""The first sheet of an Excel workbook, row by row. Called by `aspectra.rows`."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.progress import say
from aspectra.rows.row import Keep, Row, check_names
from aspectra.rows.texts import check_file


def sheet_rows(path: Path, keep: Keep) -> Iterator[Row]:
    """Rows under the first non-empty row, of the first sheet with one.

    Cells are as displayed: numbers, texts, dates, and the last results of formulas. Raises UserError if the file is not
    a workbook or has a password; MissingExtraError without openpyxl.
    """
    check_file(path)
    need("excel", f"{path.suffix} files")
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as a workbook ({error}); save it as .xlsx or .csv") from None
    try:
        header: list[str] | None = None
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # some programs write wrong ones, and rows would be lost
            for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                if all(cell is None or cell == "" for cell in cells):
                    continue
                if header is None:
                    header = ["" if cell is None else str(cell).strip() for cell in cells]
                    check_names(path, header, keep(header))
                    continue
                values = dict.fromkeys(header) | dict(zip(header, cells, strict=False))
                yield Row(f"row {number}", {name: value for name, value in values.items() if name})
            if header is not None:
                if len(book.worksheets) > 1:
                    say(f"{path}: of {len(book.worksheets)} sheets '{sheet.title}' is used")
                return
    finally:
        book.close()
