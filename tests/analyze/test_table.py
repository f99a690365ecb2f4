"""A table is read once, so that what is in it and what is wrong with it is known before a model is loaded."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from aspectra.analyze.dates import Dates
from aspectra.analyze.table import read_table
from aspectra.errors import UserError

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
    with pytest.raises(UserError, match="no column 'words'"):
        read_table(file, text_column="words")
    with pytest.raises(UserError, match="no column 'when' for --date"):
        read_table(file, skip_bad_rows=True, date_column="when")
    with pytest.raises(UserError, match="no column 'shop' for --by; it has: id, review, stars, date, tags"):
        read_table(file, skip_bad_rows=True).check_columns(["stars", "shop"])
