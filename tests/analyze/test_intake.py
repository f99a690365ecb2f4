"""Standard input as a file: what it cannot be is told in one line that speaks of standard input."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from aspectra.analyze.intake import at_hand
from aspectra.analyze.table import read_table
from aspectra.errors import UserError


def piped(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    stream = io.TextIOWrapper(io.BytesIO(content))
    monkeypatch.setattr(sys, "stdin", stream)


def take(folder: Path) -> list[str]:
    with at_hand(Path("-"), folder / "out.csv", None) as (path, _):
        return [entry.text for entry in read_table(path).entries()]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"^standard input has no reviews \(it is empty\)$"),
        (b"\n \r\n", r"^standard input has no reviews"),
        (b"\xef\xbb\xbf", r"^standard input has no reviews"),
        (b"\xff\xfe\n\0", r"^standard input has no reviews"),
        (b"PAR1\x15\x04", r"^standard input is not text but a Parquet file; name the file instead$"),
        (gzip.compress(b"text", mtime=0), r"^standard input is not text but compressed by gzip"),
    ],
)
def test_what_holds_no_reviews_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, said: str
) -> None:
    piped(monkeypatch, content)
    with pytest.raises(UserError, match=said):
        take(tmp_path)
    assert capsys.readouterr().err == "" and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"id,text\n", r"^standard input has no reviews"),
        (b"id,text\n1,a,b\n", r"^standard input, line 2: 3 fields"),
        (b"id,day\n1,2\n", r"^standard input has no text column"),
        (b"text\n\xff\n", r"^standard input is not UTF-8"),
    ],
)
def test_an_error_names_standard_input_and_no_file_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, said: str
) -> None:
    piped(monkeypatch, content)
    with pytest.raises(UserError, match=said) as caught:
        take(tmp_path)
    assert "stdin" not in str(caught.value)


def test_reviews_are_taken_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    piped(monkeypatch, b"id,text\n1,Good soup\n")
    assert take(tmp_path) == ["Good soup"] and not list(tmp_path.iterdir())
    assert "is stored beside --out" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("content", ['{"text": "Good soup"}\n', "id,text\n1,Good soup\n"])
def test_marks_at_the_beginning_do_not_hide_the_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str
) -> None:
    for marks in (1, 2):
        piped(monkeypatch, ("\ufeff" * marks + content).encode(name))
        assert take(tmp_path) == ["Good soup"]
