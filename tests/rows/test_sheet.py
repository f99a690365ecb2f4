"""Workbooks: the first sheet that holds something, its cells as they are shown."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from aspectra import extras
from aspectra.analyze import read_table
from aspectra.errors import MissingExtraError, UserError
from aspectra.reviews import read_reviews
from aspectra.rows import read_rows


def put(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, 1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


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
