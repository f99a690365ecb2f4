"""Tables row by row, before anyone asks what the columns mean."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aspectra.errors import UserError
from aspectra.reviews import read_reviews
from aspectra.rows import jsonl_rows, read_rows


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.parquet"])
def test_of_two_columns_of_one_name_none_is_lost_in_silence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_arrays([pa.array(["good"]), pa.array(["bad"])], names=["text", "text"]), path)
    else:
        mark = "\t" if path.suffix == ".tsv" else ","
        path.write_text(f"text{mark} text\ngood{mark}bad\n")
    with pytest.raises(UserError, match="has more than one column 'text'; rename all but one"):
        list(read_rows(path, list))


def test_of_two_values_of_one_key_none_is_lost_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "one"}\n{"text": "two", "a": {"b": 1, "b": 2}}\n')
    good, bad = read_rows(path, list)
    assert good.values == {"text": "one"}
    assert (bad.fault, bad.place, bad.detail) == ("double key", "line 2", "the key 'b' appears twice in an object")


def test_a_list_of_json_is_told_from_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('[\n{"text": "one"}\n]\n')
    assert [row.values for row in read_rows(path, list)] == [{"text": "one"}]
    for text in ('[\n{"text": "one"}\n]\n', '[{"text": "one"}]\n'):
        path.write_text(text)
        with pytest.raises(UserError, match="is a JSON list; write one JSON object a line"):
            list(jsonl_rows(path))


def test_a_double_column_that_nobody_reads_harms_nobody(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,Comments,Comments\ngood,x,y\n")
    assert [review.text for review in read_reviews(path)] == ["good"]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx"])
def test_of_columns_without_a_name_none_is_lost(tmp_path: Path, name: str) -> None:
    path, rows = tmp_path / name, [["", "text", " ", "column_3"], ["0", "good", "x", "y"], ["1", "bad", "", "z"]]
    if path.suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in rows))
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append([cell or None for cell in row])
        book.save(path)
    found = [row.values for row in read_rows(path, list)]
    assert found[0] == {"column_1": "0", "text": "good", "column_3_": "x", "column_3": "y"}
    assert [values["column_1"] for values in found] == ["0", "1"]


def test_columns_of_a_parquet_file_without_a_name_are_told_of(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["good"]), pa.array([1]), pa.array([2])], names=["text", "", ""])
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(UserError, match="more than one column ''; rename all but one"):
        list(read_rows(tmp_path / "a.parquet", list))


def test_ratings_that_are_no_numbers_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,rating\ngood,5\nbad,one star\nfair,\n")
    assert [review.rating for review in read_reviews(path)] == [5.0, None, None]
    assert "1 rating left out because they are not numbers: first 'one star'" in capsys.readouterr().err
