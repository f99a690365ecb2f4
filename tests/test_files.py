"""Atomic writes, and the digests by which a stage knows its input."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.files import canonical, make_folder, replacing, sha256, write_json, write_text


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
        raise RuntimeError
    assert (tmp_path / "a.txt").read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which is not here")
    # Writing to the device that is always full raises what a full disk raises.
    with pytest.raises(UserError, match="disk is full"), replacing(tmp_path / "a.txt"):
        Path("/dev/full").write_text("x")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        write_text(tmp_path / "a" / "b.txt", "x")
    with pytest.raises(UserError, match="cannot write"):
        write_text(tmp_path, "x")


def test_the_digest_of_a_folder_follows_names_and_bytes_but_not_hidden_files(tmp_path: Path) -> None:
    write_json(tmp_path / "x" / "a.json", {"a": 1})
    first = sha256(tmp_path / "x")
    write_text(tmp_path / "x" / ".hidden", "noise")
    assert sha256(tmp_path / "x") == first
    (tmp_path / "x" / "a.json").rename(tmp_path / "x" / "b.json")
    assert sha256(tmp_path / "x") != first


def test_equal_values_have_one_canonical_text() -> None:
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(
        UserError, match=r"cannot create the folder .*below \(Not a directory\); name another with --out"
    ):
        make_folder(tmp_path / "file" / "below")
    make_folder(tmp_path / "new" / "one")
    assert (tmp_path / "new" / "one").is_dir()
