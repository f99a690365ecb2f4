"""Files of text in every encoding that people have, packed or not; what cannot be read is told in a line to follow."""

from __future__ import annotations

import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.rows import Form, read_rows, text_file

TEXT = "id,text\n1,La crème brûlée était très bonne – 😍\n"


def read(path: Path, encoding: str | None = None) -> list[str]:
    return [row.values["text"] for row in read_rows(path, list, Form(encoding))]


@pytest.mark.parametrize("name", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_says_how_a_file_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(name))
    assert read(path) == ["La crème brûlée était très bonne – 😍"]
    (tmp_path / "a.jsonl").write_bytes('{"text": "crème"}\n'.encode(name))
    assert read(tmp_path / "a.jsonl") == ["crème"]


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(name))
    with pytest.raises(UserError, match=f"likely {name}: name it with --encoding {name}"):
        read(path)
    assert read(path, name) == ["La crème brûlée était très bonne – 😍"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cp1252", "Café déjà vu – “small” and naïve"),
        ("cp1251", "Суп был отличный, официант грубый."),
        ("shift_jis", "スープは美味しかったです。"),
        ("gb18030", "汤很好喝,服务员很粗鲁。"),
        ("euc_kr", "수프가 정말 맛있었어요."),
    ],
)
def test_the_likely_encoding_is_named_and_can_be_given(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'id,text\n1,plain\n2,"{said}"\n'.encode(name))
    with pytest.raises(UserError, match=f"is not UTF-8 .line 3, byte .*: add --encoding {name}$"):
        read(path)
    assert read(path, name) == ["plain", said]


def test_a_mark_is_no_part_of_the_text_where_the_encoding_is_given_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufefftext\ngood\n".encode())
    assert read(path, "utf8") == ["good"]
    path.write_bytes("\ufefftext\ngood\n".encode("utf-16-le"))
    assert read(path, "utf-16") == ["good"] == read(path, "cp1252"), "the mark knows better"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"text\ngood\n", mtime=0), "compressed by gzip; add .gz"),
        (bz2.compress(b"text\ngood\n"), "compressed by bzip2; add .bz2"),
        (lzma.compress(b"text\ngood\n"), "compressed by xz; add .xz"),
        (b"PK\x03\x04\x14\x00\x00\x00", "a workbook or a ZIP file; name it .xlsx"),
        (b"PAR1\x15\x04\x15\x10", "a Parquet file; name it .parquet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old workbook"),
        (b"%PDF-1.7\n", "a PDF file"),
        (b"SQLite format 3\x00", "an SQLite database"),
    ],
)
def test_a_file_that_is_not_text_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    for name in ("a.csv", "a.tsv", "a.jsonl", "a.json", "a.csv.gz"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        with pytest.raises(UserError, match=f"is not text but {said}"):
            read(path)
    path = tmp_path / "a.parquet"
    path.write_bytes(content)
    with pytest.raises(
        UserError, match="cannot be read as Parquet" if b"PAR1" in content else "is not a Parquet file but"
    ):
        read(path)


@pytest.mark.parametrize("word", ["PAR1", "ORC", "BZh", "ARROW1"])
def test_a_header_that_begins_like_another_file_is_a_header(tmp_path: Path, word: str) -> None:
    (tmp_path / "a.csv").write_text(f"{word},text\n1,good\n")
    assert read(tmp_path / "a.csv") == ["good"]


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        ('[{"text": "good"}]', ".json"), ('[\n  {"text": "good"}\n]', ".json"), ("[]", ".json"),
        ('{"text": "good"}\n{"text": "bad"}\n', ".jsonl"), ('{\n "text": "good"\n}\n', ".jsonl"),
    ],
)  # fmt: skip
def test_json_by_the_name_of_csv_is_told_of(tmp_path: Path, content: str, suffix: str) -> None:
    for name in ("a.csv", "a.tsv"):
        (tmp_path / name).write_text(content)
        with pytest.raises(UserError, match=rf"has JSON, not separated fields; name it {suffix}$"):
            read(tmp_path / name)
    (tmp_path / "a.csv").write_text("[draft],text\n1,good\n")
    assert read(tmp_path / "a.csv") == ["good"]


@pytest.mark.parametrize("name", ["nonsense", "base64", ""])
def test_an_encoding_that_does_not_exist_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("text\ngood\n")
    with pytest.raises(UserError, match=f"no encoding '{name}'"):
        read(tmp_path / "a.csv", name)


def test_a_file_that_is_not_of_the_given_encoding_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"text\nna\xefve\n")
    with pytest.raises(UserError, match=r"is not ascii; name its encoding with --encoding"):
        read(tmp_path / "a.csv", "ascii")


@pytest.mark.parametrize(("suffix", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)])
def test_packed_files_are_unpacked_as_they_are_read(tmp_path: Path, suffix: str, pack: object) -> None:
    path = tmp_path / f"A.CSV.{suffix.upper()}"
    assert callable(pack)
    packed = pack(TEXT.encode("utf-16"))
    path.write_bytes(packed)
    assert len(read(path)) == 1
    for broken in (packed[:-9], b"text\ngood\n"):
        path.write_bytes(broken)
        with pytest.raises(UserError, match=r"cannot be uncompressed .*; is the file complete?"):
            read(path)


def test_a_packed_file_of_a_wrong_encoding_is_told_of_by_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("id,text\n1,plain\n2,naïve café\n".encode("cp1252")))
    with pytest.raises(UserError, match=r"line 3, byte 21 of the file is 0xef.; it is likely cp1252"):
        read(path)


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\nb\rc\n")
    with text_file(tmp_path / "a") as stream:
        assert stream.read() == "a\r\nb\rc\n"
