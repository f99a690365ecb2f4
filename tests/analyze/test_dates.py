"""Dates are found by name and by what is in the cells, and laid over time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aspectra.analyze.dates import Dates, clock, find_dates, following, unit_for
from aspectra.errors import UserError

DAY = date(2026, 3, 14)
OTHER = date(2025, 12, 31)


def written(form: str) -> list[dict[str, Any]]:
    return [{"Review_Date": day.strftime(form)} for day in (OTHER, DAY)]


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y",
        "%d-%b-%Y", "%d-%b-%y", "%a, %d %b %Y 10:00:00 +0000", "%A, %B %d, %Y", "%b. %d, %Y",
        "%a %b %d 10:00:00 UTC %Y",
        "10:30 %Y-%m-%d", "10:30 PM, %d/%m/%Y", "%d/%b/%Y 10:30:00", "%B %dth, %Y", "%d. %B %Y", "%b-%d-%Y", "%Y-%b-%d",
        "%A %d %B %Y", "%a %d %b %Y at 10:30", "%B %d, %Y at 10:30 PM", "%Y-%m-%dT%H:%M:%S.%f+02:00", "%b %d %Y, 10 am",
        "%a %b %d %Y 10:00:00 GMT+0100 (Central European Standard Time)", "%d.%m.%Y 10:30:00", "%m-%d-%Y 10:30",
        "%A, %d %B %Y", "%d %b, %Y", "%d-%B-%Y", "%d-%b-%Y 10:30:00 Z", "%Y/%m/%d 10:30:59 GMT",
        "%m/%d/%Y 10:30 PM", "%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%m %d, %Y", "%Y%m%d", "%d/%m/%y",
    ],
)  # fmt: skip
def test_ways_to_write_a_date(form: str) -> None:
    rows = written(form)
    found = find_dates(rows, None)
    assert found is not None and found.column == "Review_Date"
    assert [found.day(row) for row in rows] == [OTHER, DAY]


@pytest.mark.parametrize("cell", ["Jan 15", "10:30", "Monday", "2 days ago", "the 2nd of May", "10:30:00 Z", "3.5"])
def test_what_is_no_date_stays_none(cell: str) -> None:
    assert find_dates([{"date": cell}], None) is None


def test_stamps_and_typed_cells() -> None:
    seconds = int(datetime(2026, 3, 14, 12, tzinfo=UTC).timestamp())
    for value in (seconds, seconds * 1000, str(seconds), DAY, datetime(2026, 3, 14, 23, 59)):
        found = find_dates([{"timestamp": value}], None)
        assert found is not None and found.day({"timestamp": value}) == DAY
    assert Dates("timestamp", "epoch").day({"timestamp": float("nan")}) is None


def test_a_column_that_only_sounds_like_a_date() -> None:
    assert find_dates([{"sometimes": "2026-01-01", "rating": "5"}], None) is None
    assert find_dates([{"time": "long", "created_at": "2026-01-01"}], None) == Dates("created_at", "iso")
    assert find_dates([{"when": "2026-01-01"}], "when") == Dates("when", "iso")
    assert find_dates([{"date": "2026-01-01"}, {"date": None}, {"date": ""}], None) == Dates("date", "iso")
    with pytest.raises(UserError, match="'soon'"):
        find_dates([{"date": "soon"}], "date")


@pytest.mark.parametrize(
    "spelled", ["", " ", "n/a", "N/A", "NaN", "null", "None", "-", "NaT", "0000-00-00", "unknown", None]
)
def test_a_cell_without_a_value_is_no_reason_against_a_column(spelled: str | None) -> None:
    rows: list[dict[str, Any]] = [{"date": "2026-01-01"}, *[{"date": spelled}] * 9]
    assert find_dates(rows, None) == find_dates(rows, "date") == Dates("date", "iso")
    assert [Dates("date", "iso").day(row) for row in rows[1:]] == [None] * 9


def test_a_column_that_is_given_up_is_told_of_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    rows: list[dict[str, Any]] = [
        {"date": "2026-01-01", "posted": "n/a"},
        {"date": "soon", "posted": ""},
        {"date": "later", "posted": None},
    ]
    assert find_dates(rows, None) is None
    told = capsys.readouterr().err
    assert "column 'date' is not used for dates (1 of 3 cells are readable dates, not 'soon')" in told
    assert "column 'posted' is not used for dates (no value in 3 rows)" in told and "--date" in told
    assert find_dates([{"rating": "5"}], None) is None and not capsys.readouterr().err, "nothing speaks of a date"
    assert find_dates([{"date": "soon", "created_at": "2026-01-01"}], None) and not capsys.readouterr().err


def test_a_column_that_the_user_names_may_have_more_faults() -> None:
    def rows(*cells: str) -> list[dict[str, str]]:
        return [{"date": cell} for cell in cells]

    few = rows("2025-03-41", "2025-03-04", "2025-04-04", "2025-05-04")
    assert find_dates(few, None) is None
    found = find_dates(few, "date")
    assert found is not None and (found.column, found.way) == ("date", "iso")
    with pytest.raises(UserError, match=r"has dates in only 1 of 3 cells \('soon'\)"):
        find_dates(rows("2025-03-04", "soon", "later"), "date")
    with pytest.raises(UserError, match=r"has no readable dates \('soon'\)"):
        find_dates(rows("soon"), "date")


def test_the_unit_follows_the_range() -> None:
    units = [unit_for(DAY, DAY + timedelta(days=n)) for n in (3, 100, 700, 4000, 7000)]
    assert units == ["day", "week", "month", "quarter", "year"]
    assert following(date(2026, 1, 1), "month") == date(2026, 2, 1)
    assert following(date(2024, 1, 1), "year") == date(2025, 1, 1)
    assert following(date(2025, 10, 1), "quarter") == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("reviews", "unit"), [(3, "year"), (40, "quarter"), (90, "month"), (320, "week"), (5000, "week")]
)
def test_few_reviews_are_counted_by_longer_periods_but_never_by_a_single_one(reviews: int, unit: str) -> None:
    days = Counter(date(2025, 9, 3) + timedelta(days=200 * n // (reviews - 1)) for n in range(reviews))
    found = clock(Dates("date", "iso"), days)
    assert found is not None and found.unit == unit and len(found.starts) > 1


def test_long_periods_do_not_make_the_halves_uneven() -> None:
    days = Counter(date(2025, 8, 20) + timedelta(days=n) for n in range(50))
    found = clock(Dates("date", "iso"), days)
    assert found is not None and found.unit == "month" and found.border == date(2025, 9, 14)


def test_the_border_parts_the_reviews_evenly() -> None:
    days = Counter({date(2026, month, 5): count for month, count in ((1, 10), (2, 10), (5, 90), (6, 100), (12, 5))})
    found = clock(Dates("date", "iso"), days)
    assert found is not None and found.unit == "month" and found.border == date(2026, 6, 5)
    assert len(found.starts) == 12  # empty months too


def test_a_slip_of_the_pen_does_not_stretch_the_axis() -> None:
    days = Counter({date(2026, 3, day): 100 for day in range(1, 31)}) + Counter({date(226, 3, 1): 1})
    found = clock(Dates("date", "iso"), days)
    assert found is not None and found.unit == "day" and found.starts[0] == date(2026, 3, 1)


@pytest.mark.parametrize("reviews", [10, 40, 300])
@pytest.mark.parametrize("years", [(1023, 2203), (2022, 2032), (1, 9999)])
def test_one_mistyped_year_at_each_end_of_few_reviews_does_not_stretch_the_axis(
    reviews: int, years: tuple[int, int]
) -> None:
    days = Counter(date(2023, 3, 1) + timedelta(days=n % 90) for n in range(reviews - 2))
    found = clock(Dates("date", "iso"), days + Counter(date(year, 3, 10) for year in years))
    assert found is not None and found.starts == clock(Dates("date", "iso"), days).starts  # type: ignore[union-attr]


def test_old_reviews_are_shown_if_they_are_many_or_near() -> None:
    days = Counter({date(2023, month, 1): 80 for month in range(1, 13)})
    for more in ({date(2022, 3, 1): 1}, {date(2010, 3, 1): 12}):
        found = clock(Dates("date", "iso"), days + Counter(more))
        assert found is not None and found.starts[0] <= min(more)


def test_of_a_handful_of_reviews_all_are_shown() -> None:
    found = clock(Dates("date", "iso"), Counter({date(2010, 1, 1): 1, DAY: 8}))
    assert found is not None and found.starts[0] == date(2010, 1, 1)


def test_one_day() -> None:
    found = clock(Dates("date", "iso"), Counter({DAY: 7}))
    assert found is not None and found.starts == (DAY,) and found.border is None
    assert clock(Dates("date", "iso"), Counter()) is None
