"""Workbooks: the first sheet that holds something, its cells as they are shown."""

from __future__ import annotations

import re
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

from aspectra import extras
from aspectra.analyze import read_table
from aspectra.errors import MissingExtraError, UserError
from aspectra.reviews import read_reviews
from aspectra.rows import read_rows

SHEET, LOOKS, STRINGS = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"


def put(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def edited(path: Path, part: str, before: str, after: str) -> Path:
    """The workbook with other text in one of its files."""
    files = contents(path)
    assert before in files[part]
    return packed(path, files | {part: files[part].replace(before, after)})


def contents(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def packed(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def shared(path: Path) -> Path:
    """The workbook with its texts in a file of their own, as Excel writes them; openpyxl writes them into the cells."""
    files, texts = contents(path), []

    def moved(match: re.Match[str]) -> str:
        texts.append(f"<si>{match[1]}</si>")
        return f't="s"><v>{len(texts) - 1}</v>'

    files[SHEET] = re.sub(r't="inlineStr"><is>(.*?)</is>', moved, files[SHEET], flags=re.DOTALL)
    files[STRINGS] = f'<sst xmlns="{SHEET_MAIN_NS}">{"".join(texts)}</sst>'
    override = f'<Override PartName="/{STRINGS}" ContentType="{SHARED_STRINGS}"/></Types>'
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace("</Types>", override)
    return packed(path, files)


ROWS: list[list[Any]] = [
    [None, None],
    ["ID", "Text", "Stars", "When", None],
    [1, "La crème brûlée", 4.5, datetime(2024, 1, 5)],
    [],
    [2, "Rude, very\nrude", None, datetime(2024, 2, 5)],
]


def test_rows_are_those_of_the_first_sheet_that_has_some(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "a.xlsx", [], ROWS, [["text"], ["other"]])
    rows = list(read_rows(path, list))
    assert [row.place for row in rows] == ["row 3", "row 5"]
    assert rows[0].values == {"ID": 1, "Text": "La crème brûlée", "Stars": 4.5, "When": datetime(2024, 1, 5)}
    assert "of 3 sheets 'Sheet 2' is used" in capsys.readouterr().err
    assert [(review.id, review.rating) for review in read_reviews(path)] == [("1", 4.5), ("2", None)]


def test_dates_of_a_workbook_are_dates(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "a.xlsx", [[*ROWS[1][:3], "date"], *ROWS[2:]]))
    assert table.dates is not None and sorted(day.month for day in table.days) == [1, 2]


def test_what_is_no_workbook_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.xlsx").write_text("id,text\n1,good\n")
    with pytest.raises(UserError, match="cannot be read as a workbook"):
        list(read_rows(tmp_path / "a.xlsx", list))
    monkeypatch.setitem(extras.PACKAGES, "excel", ("no_such_package",))
    with pytest.raises(MissingExtraError, match="excel"):
        list(read_rows(put(tmp_path / "b.xlsx", ROWS), list))


@pytest.mark.parametrize(
    ("before", "after"),
    [("<fill><patternFill /></fill>", "<fill/>"), ('<family val="2" />', '<family val="20" />')],
)
def test_looks_that_openpyxl_refuses_do_no_harm(
    tmp_path: Path, before: str, after: str, recwarn: pytest.WarningsRecorder
) -> None:
    book = openpyxl.Workbook()
    for cells in (["text", "when", "day", "took", "n"], ["Good", *(datetime(2024, 1, 5),) * 2, timedelta(hours=30), 5]):
        book.active.append(cells)
    book.active["C2"].number_format = 'dddd "the" d'
    book.save(tmp_path / "a.xlsx")
    (row,) = read_rows(edited(tmp_path / "a.xlsx", LOOKS, before, after), list)
    assert list(row.values.values()) == ["Good", *(datetime(2024, 1, 5),) * 2, timedelta(hours=30), 5]
    assert list(recwarn) == [], "a user can do nothing about it"


def test_chart_sheets_are_passed_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = openpyxl.load_workbook(put(tmp_path / "a.xlsx", [["text"], ["Good"]]))
    book.create_chartsheet("Chart", 0)
    book.save(tmp_path / "a.xlsx")
    assert [row.values for row in read_rows(tmp_path / "a.xlsx", list)] == [{"text": "Good"}]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        (SHEET, "<v>5</v></c></row></sheetData>", ""),
        (SHEET, "<v>5</v>", "<v>five</v>"),
        (SHEET, 'r="B3"', 'r="3B"'),
        (SHEET, 't="s"><v>1<', 't="s"><v>99<'),
        (LOOKS, "</cellXfs>", ""),
        (STRINGS, "</si>", ""),
        ("xl/workbook.xml", 'sheetId="1"', 'sheetId="one"'),
        ("[Content_Types].xml", "</Types>", ""),
    ],
)
def test_a_damaged_workbook_is_told_in_one_line(tmp_path: Path, part: str, before: str, after: str) -> None:
    path = shared(put(tmp_path / "a.xlsx", [["text", "stars"], ["Good", 4], ["Bad", 5]]))
    edited(path, part, before, after)
    with pytest.raises(UserError, match=r"a\.xlsx cannot be read as a workbook \(.+\); save it as \.xlsx or \.csv"):
        list(read_rows(path, list))


def test_a_cell_beside_the_columns_is_a_fault_and_a_blank_one_is_not(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["id", "text", None], [1, "Good", "extra cell"], [2, "Bad", " "], [3], [" "]]
    bad, *good = read_rows(put(tmp_path / "a.xlsx", rows), list)
    assert (bad.fault, bad.place) == ("too many fields", "row 2")
    assert bad.detail == "3 fields, and the header has 2; name the other columns, or empty the cells"
    assert [row.values for row in good] == [{"id": 2, "text": "Bad"}, {"id": 3, "text": None}]


def test_escaped_characters_are_read_as_shown(tmp_path: Path) -> None:
    texts = {
        "Good._x000D_\nBad.": "Good.\r\nBad.",
        "Say _x005F_x000D_ and _x005f_": "Say _x000D_ and _",
        "file_x.txt, _x12_": "file_x.txt, _x12_",
        "_xD83D__xDE00_ _xDE00_": "\U0001f600 \ufffd",
    }
    path = put(tmp_path / "a.xlsx", [["text_x0009_"], *([text] for text in texts)])
    for each in (path, shared(path)):
        assert [row.values for row in read_rows(each, list)] == [{"text": text} for text in texts.values()]


def test_a_text_with_several_fonts_is_read_without_its_pronunciation(tmp_path: Path) -> None:
    path = shared(put(tmp_path / "a.xlsx", [["text"], ["Good"]]))
    runs = "<r><rPr><b/></rPr><t>Go</t></r><r><t>od </t></r><rPh sb='0' eb='1'><t>goo</t></rPh>"
    edited(path, STRINGS, "<t>Good</t>", runs)
    assert [row.values for row in read_rows(path, list)] == [{"text": "Good "}]
