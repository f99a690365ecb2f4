"""The texts that a student reads as teacher: files by name and by pattern, plain and as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.data.left_out import LEFT_OUT, fingerprint
from aspectra.errors import UserError
from aspectra.pipeline.unlabeled import REVIEWS, files, gather, reviews
from aspectra.tables import read_jsonl, write_jsonl


def test_a_text_file_has_a_review_a_line_whatever_its_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "plain.txt"
    path.write_bytes("\ufeffCafé was full. We left.\r\n\r\n  Good tea.  \n".encode())
    assert list(reviews(path)) == [
        {"id": "plain-1", "text": "Café was full. We left."},
        {"id": "plain-3", "text": "Good tea."},
    ]


def test_a_table_has_a_review_a_row(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "more.jsonl", [{"id": 7, "review": "Good tea."}, {"id": 9, "review": "Cold tea."}])
    assert list(reviews(tmp_path / "more.jsonl")) == [
        {"id": "more-7", "text": "Good tea."},
        {"id": "more-9", "text": "Cold tea."},
    ]


def test_a_pattern_stands_for_its_files_and_no_file_is_read_twice(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "c[1].txt", "d.csv"):
        (tmp_path / name).write_text("text\n", encoding="utf-8")
    (tmp_path / "folder.txt").mkdir()
    found = files([f"{tmp_path}/*.txt", f"{tmp_path}/a.txt", f"{tmp_path}/c[1].txt", f"{tmp_path}/d.csv"])
    assert [path.name for path in found] == ["a.txt", "b.txt", "c[1].txt", "d.csv"]
    for missing in (f"{tmp_path}/*.md", f"{tmp_path}/none.txt", str(tmp_path), ""):
        with pytest.raises(UserError, match="there is no such file"):
            files([missing])


def test_a_text_is_left_out_where_a_listed_sentence_stands_in_it_or_is_the_whole(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "labeled.jsonl", [{"id": "a", "text": "Warm bread."}])
    listed = ("good TEA. Cold soup.", "never again.")
    (tmp_path / LEFT_OUT).write_text("\n".join(map(fingerprint, listed)), encoding="utf-8")
    text = tmp_path / "t.txt"
    text.write_text("Good tea. Cold soup.\nGood tea. Warm soup.\nIt rained. Never again.\n", encoding="utf-8")
    made = gather([text], tmp_path / "labeled.jsonl", tmp_path, tmp_path / "out")
    assert [row["id"] for row in read_jsonl(tmp_path / "out" / REVIEWS)] == ["a", "text:t-2"]
    assert made["figures"] == {"texts": 1, "left_out": 2}


def test_a_text_that_changes_is_read_again(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "labeled.jsonl", [{"id": "a", "text": "Warm bread."}])
    text = tmp_path / "t.txt"
    for said in ("Good tea.", "Cold tea."):
        text.write_text(said, encoding="utf-8")
        gather([text], tmp_path / "labeled.jsonl", tmp_path, tmp_path / "out")
        assert [row["text"] for row in read_jsonl(tmp_path / "out" / REVIEWS)] == ["Warm bread.", said]
