"""Opens Excel workbooks for the sake of their cells. Called by `aspectra.rows.sheet`.

openpyxl's `load_workbook` reads colors, charts, properties and names of areas too, and fails at those of many
exporters. Here it reads only the parts that cells need.
"""

from __future__ import annotations

import zipfile
from typing import IO, Any


def open_book(stream: IO[bytes]) -> Any:
    """An `openpyxl.Workbook` whose worksheets can be read as long as the stream is open; it has no chart sheets.

    Texts are as in the file, with their escapes. openpyxl raises exceptions of many kinds for a damaged file.
    """
    from openpyxl.reader.excel import ExcelReader

    reader = ExcelReader(stream, read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.shared_strings = strings(reader)
    reader.read_workbook()
    reader.wb._date_formats, reader.wb._timedelta_formats = date_styles(reader.archive)
    reader.read_chartsheet = lambda sheet, relation: None
    reader.read_worksheets()
    return reader.wb


def strings(reader: Any) -> list[str]:
    """The texts that cells refer to by number. openpyxl would unescape only the underscores in them."""
    from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
    from openpyxl.xml.functions import iterparse

    if (part := reader.package.find(SHARED_STRINGS)) is None:
        return []
    item, run, text = (f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "r", "t"))
    found = []
    with reader.archive.open(part.PartName[1:]) as source:
        for _, node in iterparse(source):
            if node.tag == item:
                # Texts in other elements say how to pronounce it.
                pieces = [*node.iterfind(text), *node.iterfind(f"{run}/{text}")]
                found.append("".join(piece.text or "" for piece in pieces))
                node.clear()
    return found


def date_styles(archive: zipfile.ZipFile) -> tuple[set[int], set[int]]:
    """The numbers of the cell styles whose numbers are dates, and of those whose numbers are durations."""
    from openpyxl.styles.numbers import builtin_format_code, is_date_format, is_timedelta_format
    from openpyxl.xml.constants import ARC_STYLE, SHEET_MAIN_NS
    from openpyxl.xml.functions import fromstring

    if ARC_STYLE not in archive.namelist():
        return set(), set()
    root, spaces = fromstring(archive.read(ARC_STYLE)), {"m": SHEET_MAIN_NS}
    own = {each.get("numFmtId"): each.get("formatCode") for each in root.iterfind("m:numFmts/m:numFmt", spaces)}
    chosen = [style.get("numFmtId", "0") for style in root.iterfind("m:cellXfs/m:xf", spaces)]
    codes = list(enumerate(own.get(number) or builtin_format_code(int(number)) for number in chosen))
    return {n for n, code in codes if is_date_format(code)}, {n for n, code in codes if is_timedelta_format(code)}
