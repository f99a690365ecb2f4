"""Files of text in every encoding that people have, packed or not; what cannot be read is told in a line to follow."""

from __future__ import annotations

import bz2
import gzip
import lzma
import time
from pathlib import Path

import pytest

from aspectra.data.examples import load
from aspectra.errors import UserError
from aspectra.rows import Form, read_rows, text_file
from aspectra.tables import read_jsonl

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


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        "id,text\n1,Очень хороший отель и вкусный завтрак\n2,Персонал грубый\n",
        "номер,text\r\n1,Персонал грубый\r\n",
        "编号,text\n一,一般般吧　房间很小\n",
        f"text\n{'早餐很丰盛' * 2000}\n",
    ],
)
def test_utf16_without_a_mark_is_named_whatever_its_language(tmp_path: Path, name: str, content: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content.encode(name))
    for given in (None, "utf-8", "cp1252", name[:6]):
        with pytest.raises(UserError, match=rf"a.csv is .* likely {name}: name it with --encoding {name}$"):
            read(path, given)
    assert len(read(path, name)) == content.count("\n") - 1


def test_utf16_of_the_other_byte_order_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("utf-16-be"))
    with pytest.raises(UserError, match="is not utf-16-le but likely utf-16-be"):
        read(path, "utf-16-le")


def test_a_file_of_utf16_without_a_mark_is_not_called_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode("utf-16-le"))
    with pytest.raises(UserError, match="is utf-16 without a byte-order mark, likely utf-16-le: name it"):
        read(path, "utf-16")
    path.write_bytes(TEXT.encode("utf-16")[:-1])
    for given in (None, "utf-16", "utf-8"):
        with pytest.raises(UserError, match=r"is not UTF-16 to its end; is the file complete\?$"):
            read(path, given)


@pytest.mark.parametrize("given", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_file_that_is_not_utf16_as_said_is_told_what_it_is(tmp_path: Path, given: str) -> None:
    path = tmp_path / "a.csv"
    for content in ("text\nThe café was good.\n", "text\nThe café was good!\n", "text\nplain\n"):
        path.write_bytes(content.encode())
        with pytest.raises(UserError, match=f"is not {given}; it is likely UTF-8: leave out --encoding$"):
            read(path, given)
    path.write_bytes("text\nОчень хороший отель и вкусный завтрак\n".encode("cp1251"))
    with pytest.raises(UserError, match=f"is not {given}; it is likely cp1251"):
        read(path, given)


def test_zeros_in_utf8_do_not_make_it_utf16(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,texts,text\n\0" + b"1,2,nice\0 caf\xc3\xa9\n" * 3)
    assert read(path) == ["nice\0 café"] * 3


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cp1252", "Café déjà vu – “small” and naïve"),
        ("cp1251", "Суп был отличный, официант грубый."),
        ("shift_jis", "スープは美味しかったです。"),
        ("gb18030", "汤很好喝,服务员很粗鲁。"),
        ("euc_kr", "수프가 정말 맛있었어요."),
        ("iso8859_2", "Śniadanie było świetne ale łóżko złe"),
        ("mac_roman", "Das Frühstück war lecker – “toll” …"),
        ("koi8_r", "Суп был отличный, официант грубый."),
    ],
)
def test_the_likely_encoding_is_named_and_can_be_given(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f'id,text\n1,plain\n2,"{said}"\n'.encode(name))
    with pytest.raises(UserError, match=f"is not UTF-8 .line 3, byte .*; it is likely .*{name}"):
        read(path)
    assert read(path, name) == ["plain", said]


def test_of_several_encodings_each_is_named_with_a_word(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,Très bon\n".encode("cp1252"))
    told = r"it is likely cp1252 \('Très'\): add --encoding cp1252; if that reads wrong, try cp1250 \('Trčs'\) or "
    with pytest.raises(UserError, match=told):
        read(path)


def test_one_line_of_another_encoding_does_not_make_it_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\nTrès bon\nà éviter\n".encode() + "Très bon\n".encode("cp1252"))
    with pytest.raises(UserError, match=r"is not UTF-8 \(line 4, .*\); the rest is UTF-8: correct this place$"):
        read(path)
    path.write_bytes("text\nTrès bon, à éviter, ça va\n".encode("cp1252") * 2000 + b"\x81\n")
    with pytest.raises(UserError, match=r"is not cp1252 \(line 4001, .*0x81\); the rest is cp1252: correct this"):
        read(path, "cp1252")


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le"])
@pytest.mark.parametrize("marks", [1, 2, 3])
@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        ("csv", "text,id\ncafé,A7\n"), ("csv", '"text";id\ncafé;A7\n'), ("tsv", "text\tid\ncafé\tA7\n"),
        ("jsonl", '{"text": "café"}\n'), ("json", '[{"text": "café"}]'),
    ],
)  # fmt: skip
def test_no_byte_order_mark_is_text_however_many_there_are(
    tmp_path: Path, name: str, marks: int, suffix: str, content: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(("\ufeff" * marks + content).encode(name))
    assert read(path) == ["café"] == read(path, "cp1252")


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
    with pytest.raises(UserError, match=r"is not ascii \(line 2, byte 8 of the file is 0xef\); it is likely cp1252 "):
        read(tmp_path / "a.csv", "ascii")
    (tmp_path / "a.csv").write_text("text\nnaïve\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"is not ascii .*; it is likely UTF-8: leave out --encoding$"):
        read(tmp_path / "a.csv", "ascii")


@pytest.mark.parametrize("written", ["cp1252", "utf-16-le"])
def test_where_no_command_has_encoding_none_is_advised(tmp_path: Path, written: str) -> None:
    """`aspectra score` and the sets of `benchmark` are UTF-8, and their commands have no --encoding."""
    path = tmp_path / "said.json"
    path.write_bytes('[{"sentence": "Un très bon café à la carte.", "aspects": []}]\n'.encode(written))
    for reads in (lambda: list(read_jsonl(path)), lambda: load(path)):
        with pytest.raises(UserError, match=r"save it again, as UTF-8$") as told:
            reads()
        assert "--encoding" not in str(told.value)


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
    path.write_bytes(gzip.compress("id,text\n1,plain\n2,naïve café à la carte\n".encode("cp1252")))
    with pytest.raises(UserError, match=r"line 3, byte 21 of the file is 0xef.; it is likely cp1252"):
        read(path)


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a\r\nb\rc\n")
    with text_file(tmp_path / "a") as stream:
        assert stream.read() == "a\r\nb\rc\n"


@pytest.mark.parametrize("name", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_cut_file_of_utf16_without_a_mark_is_said_to_be_cut(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,The pizza was great\n".encode(name)[:-1])
    with pytest.raises(UserError, match=f"name it with --encoding {name}$"):
        read(path)
    with pytest.raises(UserError, match=f"is not {name.upper()[:6]} to its end; is the file complete"):
        read(path, name)


def test_half_a_character_inside_utf16_is_not_a_cut_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xff\xfe" + "text\ngood\n".encode("utf-16-le") + b"\x00\xd8" + "more\n".encode("utf-16-le"))
    with pytest.raises(UserError, match=r"has bytes that are not UTF-16; save it again, as UTF-8$"):
        read(path)


def test_another_encoding_under_the_mark_of_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "text\nThe café was très bon\n".encode("cp1252"))
    for given in (None, "cp1252"):
        told = (
            r"is not UTF-8 \(line 2, byte 16 .*; it begins with the byte-order mark of UTF-8, but is not: save it again"
        )
        with pytest.raises(UserError, match=told):
            read(path, given)


@pytest.mark.parametrize("name", ["utf-8", "ascii", "utf-16", "shift_jis", "euc_kr"])
def test_some_bad_bytes_do_not_hide_that_a_file_is_utf8(tmp_path: Path, name: str) -> None:
    given = None if name == "utf-8" else name
    for suffix, text in (
        ("json", b'[{"text": "Tr\xc3\xa8s bon, \xc3\xa0 \xe9viter"}]'),
        ("csv", b"text\nThe Caf\xc3\xa9 was good\nThe caf\xe9 was bad\n"),
        ("csv", b"text\rThe Caf\xc3\xa9 was good\rThe caf\xe9 was bad\r"),
    ):
        path = tmp_path / f"a.{suffix}"
        path.write_bytes(text)
        told = "the rest is UTF-8: correct this place$" if given is None else "it is mostly UTF-8: leave out --encoding"
        with pytest.raises(UserError, match=told):
            read(path, given)


@pytest.mark.parametrize(
    ("name", "text"),
    [("cp1251", "Очень хороший отель и вкусный завтрак"), ("gb18030", "早餐很丰盛，但是房间很小，服务态度差")],
)
def test_a_bad_line_of_a_given_encoding_is_to_be_corrected(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(f"text\n{text}\n".encode(name) * 50 + b"good\x98\xff\n")
    with pytest.raises(UserError, match=f"is not {name} \\(line 101, .*; the rest is {name}: correct this place$"):
        read(path, name)


def test_zeros_at_line_ends_do_not_overrule_the_given_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\r\n\0\r\n1,The caf\xe9 was great\r\n\0\n")
    assert "The café was great" in read(path, "cp1252")


def test_utf16_of_old_line_ends_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("текст\rплохо\r".encode("utf-16-le"))
    with pytest.raises(UserError, match="likely utf-16-le"):
        read(path)


@pytest.mark.parametrize("name", ["undefined", "punycode", "idna"])
def test_codecs_that_are_not_of_files_are_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("text\ncafé\n", encoding="utf-8")
    with pytest.raises(UserError, match=f"no encoding '{name}'"):
        read(tmp_path / "a.csv", name)


def test_a_long_line_is_judged_by_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(
        ("[" + '{"text": "Das Frühstück war lecker – aber das Zimmer war zu groß"},' * 20_000).encode("cp1252")
    )
    began = time.monotonic()
    with pytest.raises(UserError, match="it is likely cp1252"):
        read(path)
    assert time.monotonic() - began < 5
