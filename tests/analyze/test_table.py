"""A table is read once, so that what is in it and what is wrong with it is known before a model is loaded."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from tests.analyze.stand_in import put

from aspectra.analyze.dates import Dates
from aspectra.analyze.table import HEAD, read_table
from aspectra.errors import UserError
from aspectra.tables import write_jsonl

LINES = """\
{"id": "a", "review": "Good.", "stars": 5, "date": "2026-03-01"}
{"id": "b", "review": " ", "stars": 1, "date": "2026-03-01"}
{"id": "c", "review": "Bad.", "stars": 1.5, "date": "2026-03-02", "tags": ["x"]}
{"id": "d", "review": "So so.", "stars": null, "date": "2026-03-02"}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.jsonl"
    path.write_text(LINES)
    return path


def test_it_says_what_is_in_it_and_gives_the_reviews_again(file: Path) -> None:
    table = read_table(str(file), skip_bad_rows=True)
    assert (table.reviews, table.bad) == (3, Counter({"empty text": 1}))
    kinds = {"id": {str}, "review": {str}, "stars": {int, float}, "date": {str}, "tags": {list}}
    assert table.columns == kinds
    assert table.dates == Dates("date", "iso")
    assert table.days == Counter({date(2026, 3, 1): 1, date(2026, 3, 2): 2})
    for _ in range(2):
        assert [(entry.row, entry.id, entry.text) for entry in table.entries()] == [
            (1, "a", "Good."),
            (3, "c", "Bad."),
            (4, "d", "So so."),
        ]
    assert table.bad == Counter({"empty text": 1}), "counted when it was read, and not again"


def test_a_limit_is_of_reviews_not_of_rows(file: Path) -> None:
    table = read_table(file, skip_bad_rows=True, limit=2)
    assert table.reviews == 2 and [entry.row for entry in table.entries()] == [1, 3]


def test_what_is_wrong_is_told_by_its_line(file: Path) -> None:
    with pytest.raises(UserError, match=r"reviews\.jsonl, line 2: no text in column 'review'"):
        read_table(file)


@pytest.mark.parametrize(
    ("option", "setting"),
    [("text-column", "text_column"), ("id-column", "id_column"), ("date", "date_column"), ("stars", "stars_column")],
)
@pytest.mark.parametrize(("given", "hint"), [("DAT", "; did you mean 'date'?"), ("xyz", ".")])
def test_a_column_that_is_not_there_is_told_alike_by_every_option(
    tmp_path: Path, option: str, setting: str, given: str, hint: str
) -> None:
    file, said = put(tmp_path / "r.csv", [{"id": "a", "review": "Good.", "stars": "5", "date": "2026-03-01"}]), []
    for way in ({setting: given}, {}):
        with pytest.raises(UserError) as caught:
            read_table(file, **way).compared([given])  # type: ignore[arg-type]
        said.append(str(caught.value))
    for told, name in zip(said, (option, "by"), strict=True):
        assert told == f"{file} has no column '{given}' for --{name}{hint} It has: id, review, stars, date"


def test_every_option_finds_a_column_by_the_same_rules(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("No,Guest Review,Stay Date,Guest Stars,Shop\n1,Good.,2026-03-01,5,A\n")
    table = read_table(
        path, text_column="guest_review", id_column="NO", date_column="stay_date", stars_column="guest stars"
    )
    assert [(entry.id, entry.text) for entry in table.entries()] == [("1", "Good.")]
    assert table.dates == Dates("Stay Date", "iso") and table.stars == "Guest Stars"
    assert table.compared(["shop", "SHOP", "no"]) == ["Shop", "No"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_a_date_that_no_calendar_has_is_told_by_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    dates = ["2025-03-01"] * 60 + ["2025-03-41", "n/a", "2025-02-30", ""] + ["March?"] * 9
    rows = [{"text": "Good.", "date": day, "stars": "5"} for day in dates]
    path = put(tmp_path / "r.csv", rows)
    first = 62
    if suffix == "jsonl":
        path, first = tmp_path / "r.jsonl", 61
        write_jsonl(path, rows)
    table = read_table(path)
    said = capsys.readouterr().err
    assert said.startswith(
        f"{path}: column 'date' has 11 unreadable dates, counted as missing: line {first} ('2025-03-41'); "
        f"line {first + 2} ('2025-02-30'); line {first + 4} ('March?'); "
    )
    assert said.count("line ") == 10 and said.endswith("; and 1 more\n"), "empty cells are not among them"
    assert table.days.total() == 60


def test_one_cell_without_stars_among_many_is_told_by_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"text": "Good.", "stars": "5"}] * 40 + [{"text": "Good.", "stars": value} for value in ("55", "N/A")]
    read_table(put(tmp_path / "r.csv", rows))
    told = "r.csv: column 'stars' has 1 unreadable rating, counted as missing: line 42 ('55')\n"
    assert capsys.readouterr().err.endswith(told)


def test_days_beyond_the_first_rows_decide_whether_the_day_comes_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [f"{1 + n % 12:02}/02/2024" for n in range(HEAD)] + [f"{13 + n % 16:02}/02/2024" for n in range(300)]
    table = read_table(put(tmp_path / "r.csv", [{"text": "Good.", "date": day} for day in days]))
    assert table.dates is not None and table.dates.way == "%d/%m/%Y"
    assert {(day.year, day.month) for day in table.days} == {(2024, 2)} and table.days.total() == HEAD + 300
    assert "unreadable" not in capsys.readouterr().err
    table = read_table(put(tmp_path / "s.csv", [{"text": "Good.", "date": day} for day in days[:HEAD]]))
    assert table.dates is not None and table.dates.way == "%m/%d/%Y", "nothing shows that the day comes first"
