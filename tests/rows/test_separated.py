"""Which character parts the fields of a table: what a line above says, what is given, what the header has most of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.reviews import Layout, read_reviews
from aspectra.rows import Form, read_rows


def read(path: Path, content: str, delimiter: str | None = None) -> list[dict[str, str]]:
    path.write_text(content, newline="")
    return [row.values for row in read_rows(path, list, Form(delimiter=delimiter))]


ROW = {"id": "1", "text": "Good, cheap; and so on"}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_header_shows_the_separator(tmp_path: Path, mark: str) -> None:
    assert read(tmp_path / "a.csv", f'id{mark}text\n1{mark}"Good, cheap; and so on"\n') == [ROW]


@pytest.mark.parametrize("told", ["sep=;\r\n", '"sep=;"\n', "\n\nSEP=;\n\n"])
def test_a_line_above_says_it(tmp_path: Path, told: str) -> None:
    assert read(tmp_path / "a.csv", f'{told}id;text\n1;"Good, cheap; and so on"\n') == [ROW]
    broken = list(read_rows(tmp_path / "a.csv", list, Form(delimiter=",")))
    assert list(broken[0].values) == ["id;text"], "what is given counts more"


def test_lines_are_counted_from_the_top(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=;\n\nid;text\n1;a;b\n")
    assert [row.place for row in read_rows(tmp_path / "a.csv", list) if row.fault] == ["line 4"]


def test_the_one_that_the_header_has_most_of_counts(tmp_path: Path) -> None:
    assert list(read(tmp_path / "a.csv", "id;text, or comment;stars\n")) == []
    (row,) = read(tmp_path / "a.csv", "id;text, or comment;stars\n1;Good;5\n")
    assert list(row) == ["id", "text, or comment", "stars"]
    assert read(tmp_path / "a.tsv", "text, all of it\tn\nGood\t5\n") == [{"text, all of it": "Good", "n": "5"}]
    assert read(tmp_path / "a.tsv", "id,text\n1,Good\n") == [{"id": "1", "text": "Good"}], "a .tsv that is none"
    assert read(tmp_path / "a.csv", "text\nGood\n") == [{"text": "Good"}]


@pytest.mark.parametrize(("given", "mark"), [("tab", "\t"), ("\\t", "\t"), ("^", "^"), ("pipe", "|"), (" ", " ")])
def test_any_character_can_be_given(tmp_path: Path, given: str, mark: str) -> None:
    assert read(tmp_path / "a.csv", f"id{mark}text\n1{mark}Good,so\n", given) == [{"id": "1", "text": "Good,so"}]


@pytest.mark.parametrize("given", ["::", "", '"', "\n"])
def test_what_is_no_separator_is_told(tmp_path: Path, given: str) -> None:
    with pytest.raises(UserError, match="use one character, or one of tab"):
        read(tmp_path / "a.csv", "id,text\n1,Good\n", given)


def test_a_separator_or_an_encoding_is_refused_where_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "Good"}\n')
    with pytest.raises(UserError, match=r"--delimiter is for .csv and .tsv files"):
        list(read_rows(tmp_path / "a.jsonl", list, Form(delimiter=";")))
    with pytest.raises(UserError, match="--encoding is for text files"):
        list(read_rows(tmp_path / "a.parquet", list, Form("cp1252")))


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        ('1, "The pizza was great, really"', "remove the space between ',' and '\"'"),
        ('1,\t "The pizza was great, really"', "remove the space"),
        ("1,'The pizza was great, really'", "straight double quotes"),
        ("1,“The pizza was great, really”", "“ does not count"),
        ("1,The pizza was great, really", "put quotes around text with ','"),
    ],
)
def test_a_row_with_too_many_fields_is_told_what_helps(tmp_path: Path, row: str, advice: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,text\n{row}\n", encoding="utf-8")
    (found,) = read_rows(path, list)
    assert found.fault == "too many fields" and advice in found.detail
    assert found.detail.startswith("3 fields, and the header has 2; ")


@pytest.mark.parametrize(
    ("header", "given", "advice"),
    [
        ("id^text", None, "add --delimiter '^'"),
        ("id~text~stars", None, "add --delimiter '~'"),
        ("id text", None, "add --delimiter 'space'"),
        ("id,text", ";", "add --delimiter ','"),
        ("id\ttext", ",", "add --delimiter 'tab'"),
    ],
)
def test_a_header_that_another_character_separates_is_told_of(
    tmp_path: Path, header: str, given: str | None, advice: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n1\n")
    with pytest.raises(UserError, match=f"no text column; .* {re.escape(advice)}$"):
        list(read_reviews(path, Layout(form=Form(delimiter=given))))
    path.write_text("opinion\nGood\n")
    with pytest.raises(UserError, match=r"It has: opinion$"):
        list(read_reviews(path))
    path.write_text('"id","text"\n"1","Good"\n')
    with pytest.raises(UserError, match=r"line 1: the header is not CSV .*name --delimiter"):
        list(read_reviews(path, Layout(form=Form(delimiter=";"))))
