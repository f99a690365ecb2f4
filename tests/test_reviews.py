"""Reviews come out of every kind of file, one at a time, and a bad row is named by its line or counted."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from aspectra.errors import UserError
from aspectra.reviews import Layout, read_reviews
from aspectra.schema import Review
from aspectra.tables import read_jsonl, write_jsonl, write_parquet


def put(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refused(path: Path, **options: Any) -> str:
    with pytest.raises(UserError) as caught:
        list(read_reviews(path, **options))
    message = str(caught.value)
    assert str(path) in message
    return message


ROWS = [
    {"Review_ID": "a", "Text": 'He said "no", twice;\nand left', "domain": "hotel", "stars": "4.5"},
    {"Review_ID": "b", "Text": "קצר 🙂", "domain": "", "stars": "n/a"},
]
REVIEWS = [
    Review("a", 'He said "no", twice;\nand left', "hotel", 4.5),
    Review("b", "קצר 🙂", None, None),
]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path: Path, mark: str, end: str, delimiter: str) -> None:
    lines = ["Review_ID,Text,domain,stars", 'a,"He said ""no"", twice;\nand left",hotel,4.5', "b,קצר 🙂,,n/a"]
    text = mark + end.join(lines[:1] + [line.replace(",", "\0") for line in lines[1:]]) + end
    text = text.replace(",", delimiter).replace('"no""\0', '"no"",').replace("\0", delimiter)
    assert list(read_reviews(put(tmp_path / "r.csv", text))) == REVIEWS


def test_jsonl_and_parquet_say_the_same(tmp_path: Path) -> None:
    lines = tmp_path / "r.jsonl"
    write_jsonl(lines, ROWS)
    table = tmp_path / "r.parquet"
    write_parquet(table, iter(ROWS), list(ROWS[0]))
    assert list(read_reviews(lines)) == REVIEWS == list(read_reviews(table))
    assert list(read_jsonl(put(tmp_path / "bom.jsonl", b"\xef\xbb\xbf" + lines.read_bytes()))) == ROWS


def test_rows_without_an_id_are_named_by_their_number(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl", '{"text": "one"}\n\n{"text": "two", "id": null}\n{"text": "three", "id": 7}\n')
    assert [review.id for review in read_reviews(path)] == ["row-1", "row-2", "7"]


def test_nan_is_a_value_that_is_not_there(tmp_path: Path) -> None:
    lines = ['{"text": "one", "id": NaN, "rating": NaN, "domain": NaN}', '{"text": "two", "id": NaN, "rating": 3}']
    found = list(read_reviews(put(tmp_path / "r.jsonl", "\n".join(lines))))
    assert found == [Review("row-1", "one", None, None), Review("row-2", "two", None, 3.0)]


def test_text_column_by_name_by_order_of_names_or_given(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "body,review,Notes\nlong,short,other\n")
    assert [review.text for review in read_reviews(path)] == ["short"]
    assert [review.text for review in read_reviews(path, Layout("Notes"))] == ["other"]
    assert [review.text for review in read_reviews(path, Layout("notes"))] == ["other"]
    assert "no column 'note' for --text-column; did you mean 'Notes'? It has: body, review, Notes" in refused(
        path, layout=Layout("note")
    )


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_no_text_column_names_those_that_exist(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"r.{suffix}"
    if suffix == "csv":
        put(path, "a,b\n1,2\n")
    elif suffix == "jsonl":
        put(path, '{"a": 1, "b": 2}\n')
    else:
        write_parquet(path, [{"a": "1", "b": "2"}], ("a", "b"))
    assert "no text column; name it with --text-column. It has: a, b" in refused(path)


def test_files_that_are_not_there_or_hold_nothing(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "missing.csv")
    (tmp_path / "d.csv").mkdir()
    assert "is a folder" in refused(tmp_path / "d.csv")
    for name in ("empty.csv", "empty.jsonl"):
        assert "has no reviews (it is empty)" in refused(put(tmp_path / name, ""))
    assert "has no reviews (it has no rows)" in refused(put(tmp_path / "header.csv", "id,text\n"))
    table = tmp_path / "empty.parquet"
    write_parquet(table, [], ("text",))
    assert "has no reviews" in refused(table)
    assert "cannot be read as Parquet" in refused(put(tmp_path / "not.parquet", "text\nhello\n"))
    assert "cannot be read as a workbook" in refused(put(tmp_path / "r.xlsx", "x"))
    assert "from .csv, .tsv, .jsonl" in refused(put(tmp_path / "r.doc", "x"))
    assert "save it as .xlsx or .csv" in refused(put(tmp_path / "r.xls", "x"))
    assert "unpack it" in refused(put(tmp_path / "r.zip", "x"))


def test_a_file_that_cannot_be_read_is_known_before_the_first_review_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        read_reviews(tmp_path / "missing.csv")


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_not_utf8_names_line_and_byte(tmp_path: Path, suffix: str) -> None:
    good = b"text\nfine\n" if suffix == "csv" else b'{"text": "fine"}\n'
    bad = b"caf\xe9\n" if suffix == "csv" else b'{"text": "caf\xe9"}\n'
    path = put(tmp_path / f"r.{suffix}", good + bad)
    line = 3 if suffix == "csv" else 2
    position = (good + bad).index(b"\xe9") + 1
    assert f"not UTF-8 (line {line}, byte {position} of the file is 0xe9)" in refused(path, skip_bad_rows=True)


BAD = (
    '{"id": "a", "text": "one"}\n{"id": "b", "text": "tw\n{"id": "c", "text": " "}\n{"id": "a", "text": "four"}\n[1]\n'
)


def test_bad_rows_are_named_by_line(tmp_path: Path) -> None:
    lines = BAD.splitlines(keepends=True)
    path = tmp_path / "r.jsonl"
    assert "line 2: the line is incomplete" in refused(put(path, BAD))
    assert "line 2: no text in column 'text'" in refused(put(path, lines[0] + lines[2]))
    assert "line 2: a line must be one JSON object" in refused(put(path, lines[0] + lines[4]))
    assert "half a character" in refused(put(path, '{"text": "\\ud83d"}'))
    assert "has int, not text" in refused(put(path, '{"text": 5}'))
    assert "no text" in refused(put(path, "{}"))
    assert "--skip-bad-rows" in refused(put(path, BAD))


def test_skipped_rows_are_counted_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "r.jsonl", BAD)
    assert [review.text for review in read_reviews(path, skip_bad_rows=True)] == ["one", "four"]
    told = capsys.readouterr().err
    assert "3 rows skipped" in told
    for reason in ("1 torn line", "1 empty text", "1 not an object"):
        assert reason in told
    assert "only bad rows: 1 torn line" in refused(put(path, "{"), skip_bad_rows=True)


def test_csv_rows_that_would_lose_text_are_bad(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "id,text\n1,good, but dear\n2,fine\n")
    assert "line 2: 3 fields, and the header has 2" in refused(path)
    assert [review.id for review in read_reviews(path, skip_bad_rows=True)] == ["2"]
    assert "a quote opens here and never closes" in refused(put(path, 'id,text\n1,"never closed\n2,fine\n'))
    assert "a quote opens here and never closes" in refused(put(path, 'id,text\n1,"never closed\n'))


def test_ids_that_are_those_of_products_lose_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(
        tmp_path / "r.csv",
        "id,text,n\nB01,good,1\nB01,bad,2\nB02,good,3\nB01:row-4,so,4\nB01,worse,5\nB01:row-4,no,6\n",
    )
    found = list(read_reviews(path))
    assert [(review.id, review.text) for review in found] == [
        ("B01", "good"), ("B01:row-2", "bad"), ("B02", "good"), ("B01:row-4", "so"), ("B01:row-5", "worse"),
        ("B01:row-4:row-6", "no"),
    ]  # fmt: skip
    told = capsys.readouterr().err
    assert "3 reviews with the id of another review, first 'B01'" in told and "--id-column" in told
    assert [review.id for review in read_reviews(path, Layout(id_column="N"))] == list("123456")
    assert "no column 'm' for --id-column. It has: id, text, n" in refused(path, layout=Layout(id_column="m"))


def test_columns_are_found_with_spaces_in_their_names(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", "Review ID,Star Rating,Review Title,Review Text\n7,4,x,good\n")
    assert list(read_reviews(path)) == [Review("7", "good", None, 4.0)]


def test_csv_delimiter_is_seen_behind_blank_lines_and_quoted_commas(tmp_path: Path) -> None:
    path = put(tmp_path / "r.csv", '\n\nid;"text";"stars, of five"\n1;good, cheap;4\n2;;\n')
    assert "line 5: no text in column 'text'" in refused(path)
    (review,) = read_reviews(path, skip_bad_rows=True)
    assert (review.id, review.text) == ("1", "good, cheap")


def test_limit_counts_good_rows(tmp_path: Path) -> None:
    path = put(tmp_path / "r.jsonl", '{"text": ""}\n{"text": "a"}\n{"text": "b"}\n{torn')
    assert [review.text for review in read_reviews(path, skip_bad_rows=True, limit=2)] == ["a", "b"]


def test_reading_never_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "big.jsonl"
    write_jsonl(path, ({"text": f"{i} " + "x" * 2000} for i in range(5000)))
    tracemalloc.start()
    count = sum(1 for _ in read_reviews(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 5000
    assert peak < path.stat().st_size / 4, f"{peak} bytes held for a file of {path.stat().st_size}"


def test_a_row_that_says_the_same_again_is_no_second_review(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(tmp_path / "r.jsonl", '{"id": 7, "text": "one"}\n{"id": 7, "text": "one"}\n{"id": 8, "text": "one"}\n')
    assert [review.id for review in read_reviews(path)] == ["7", "8"]
    assert "1 row skipped: 1 repeated row" in capsys.readouterr().err


def test_html_is_read_as_what_it_means_and_nothing_else_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "<p>Good.</p><p>AT&amp;T &lt;3</p>"}\n{"text": "a < b"}\n{"text": "<br />&nbsp;"}\n')
    found = read_reviews(path, skip_bad_rows=True)
    assert [review.text for review in found] == ["Good.\n\nAT&T <3", "a < b"]
    with pytest.raises(UserError, match="line 3: no text in column 'text'"):
        list(read_reviews(path))
