"""Opinions are written with their reviews, and read again as they were; no model has a part in it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.analyze.stand_in import put

from aspectra.analyze.opinions import Found, Opinion
from aspectra.analyze.output import Written, write_opinions
from aspectra.analyze.table import read_table
from aspectra.errors import UserError
from aspectra.reviews import Layout, read_reviews

TEXTS = ("The room was =dirty.", "We stayed.", "All was good, the bar too.")
OPINIONS = [
    (1, Found([Opinion("room", "rooms", "negative", 4, 8, 0.25, TEXTS[0])], True)),
    (
        3,
        Found(
            [
                Opinion(None, "hotel", "positive", None, None, 1 / 3, TEXTS[2]),
                Opinion("bar", None, "positive", 18, 21, 1.0, TEXTS[2]),
            ],
            False,
        ),
    ),
]


@pytest.mark.parametrize("suffix", ["parquet", "csv", "jsonl"])
def test_what_was_written_is_read_again(tmp_path: Path, suffix: str) -> None:
    table = read_table(put(tmp_path / "reviews.csv", [{"text": text} for text in TEXTS]))
    out = tmp_path / f"out.{suffix}"
    write_opinions(table, OPINIONS, str(out))
    # Whether an answer was cut stands in no row of it.
    assert list(Written(out)) == [(row, found._replace(cut=False)) for row, found in OPINIONS]


def test_a_guard_against_formulas_is_taken_away_again(tmp_path: Path) -> None:
    names = ["=room", "'=room", "-5", "'-5", "- bad", "'tis", "@", "''", "a=b", "\tx"]
    found = Found([Opinion(name, name, "positive", 0, 1, 0.5, f"{name} is good") for name in names], False)
    table = read_table(put(tmp_path / "reviews.csv", [{"text": "A review."}]))
    write_opinions(table, [(1, found)], tmp_path / "out.csv", excel_safe=True)
    assert list(Written(tmp_path / "out.csv", excel_safe=True)) == [(1, found)]
    assert "'=room,'=room,positive" in (tmp_path / "out.csv").read_text(encoding="utf-8")


def test_nothing_is_written_of_opinions_that_are_of_other_reviews(tmp_path: Path) -> None:
    table = read_table(put(tmp_path / "reviews.csv", [{"text": text} for text in TEXTS[:2]]))
    with pytest.raises(UserError, match=r"the table has changed since its opinions were read \(row 3\)"):
        write_opinions(table, OPINIONS, tmp_path / "out.jsonl")
    with pytest.raises(UserError, match="name a file that ends in"):
        write_opinions(table, OPINIONS[:1], tmp_path / "out.xlsx")
    with pytest.raises(UserError, match="--excel-safe"):
        write_opinions(table, OPINIONS[:1], tmp_path / "out.jsonl", excel_safe=True)
    assert [path.name for path in tmp_path.iterdir()] == ["reviews.csv"]


def test_a_file_of_something_else_is_told(tmp_path: Path) -> None:
    other = put(tmp_path / "other.csv", [{"review_row": "1", "target": "room"}])
    with pytest.raises(UserError, match=r"other\.csv, line 2: not a row that `aspectra analyze` wrote"):
        list(Written(other))


@pytest.mark.parametrize("given", ["jsonl", "parquet"])
def test_numbers_that_json_does_not_have_are_null(tmp_path: Path, given: str) -> None:
    row: dict[str, Any] = {"text": "A review.", "n": float("nan"), "all": [1.5, float("inf")], "in": {"a": -math.inf}}
    path = tmp_path / f"reviews.{given}"
    if given == "parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        path.write_text(json.dumps(row).replace("Infinity]", "1e400]"))
    opinions = [(1, Found([Opinion("review", None, "positive", 2, 8, 0.5, "A review.")], False))]

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    write_opinions(read_table(path), opinions, tmp_path / "out.jsonl")
    read = json.loads((tmp_path / "out.jsonl").read_text(), parse_constant=refuse)
    assert (read["n"], read["all"], read["in"]) == (None, [1.5, None], {"a": None})
    write_opinions(read_table(path), opinions, tmp_path / "out.csv")
    assert '"[1.5, null]"' in (tmp_path / "out.csv").read_text()


def test_a_guarded_output_is_a_table_of_the_reviews_as_they_were(tmp_path: Path) -> None:
    text, out = "@cmd The room was good", tmp_path / "out.csv"
    table = read_table(put(tmp_path / "reviews.csv", [{"text": text, "=note": "'=1", "n": "-5"}]))
    write_opinions(table, [(1, Found([Opinion("room", None, "positive", 9, 13, 0.5, text)], False))], out)
    assert [entry.text for entry in read_table(out).entries()] == [text]
    write_opinions(
        table, [(1, Found([Opinion("room", None, "positive", 9, 13, 0.5, text)], False))], out, excel_safe=True
    )
    assert "'@cmd" in out.read_text(encoding="utf-8") and "''=1" in out.read_text(encoding="utf-8")
    (entry,) = read_table(out).entries()
    assert entry.text == text
    assert {name: entry.values[name] for name in ("=note", "n")} == {"=note": "'=1", "n": "-5"}
    assert [review.text for review in read_reviews(out)] == [text]
    assert [review.text for review in read_reviews(out, Layout(text_column="=note"))] == ["'=1"]
    plain = tmp_path / "plain.csv"
    plain.write_text("text\n'=1+1 is what I paid\n", encoding="utf-8-sig")
    assert [review.text for review in read_reviews(plain)] == ["'=1+1 is what I paid"], "not made by Aspectra"


LONG = 1234567890123456789


@pytest.mark.parametrize(
    ("numbers", "type_", "written"),
    [
        (("1234567890123456789", "NaN", "null"), pa.int64(), [LONG, None, None]),
        (("9007199254740992", "0.5", "NaN"), pa.float64(), [2.0**53, 0.5, None]),
        (("9007199254740993", "0.5", "NaN"), pa.string(), ["9007199254740993", "0.5", None]),
        (("-1234567890123456789", "1e3", "5"), pa.string(), ["-1234567890123456789", "1000.0", "5"]),
        (("9223372036854775808", "5", "null"), pa.string(), ["9223372036854775808", "5", None]),
        (("NaN", "NaN", "1.5"), pa.float64(), [None, None, 1.5]),
    ],
)
def test_no_integer_of_a_json_column_is_changed(
    tmp_path: Path, numbers: tuple[str, ...], type_: Any, written: list[Any]
) -> None:
    path, out = tmp_path / "reviews.jsonl", tmp_path / "out.parquet"
    path.write_text("".join(f'{{"text": "A review.", "n": {number}}}\n' for number in numbers))
    found = Found([Opinion("review", None, "positive", 2, 8, 0.5, "A review.")], False)
    write_opinions(read_table(path), [(row, found) for row in (1, 2, 3)], out)
    column = pq.read_table(out).column("n")
    assert column.type == type_ and column.to_pylist() == written
