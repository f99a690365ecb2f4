"""A student is known by what is in its folder, and is loaded when it is needed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from aspectra.analyze.source import student
from aspectra.errors import UserError


def test_identity_is_of_the_content(tmp_path: Path) -> None:
    for name, weights in (("one", b"1"), ("same", b"1"), ("other", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.bin").write_bytes(weights)
    one, same, other = (student(tmp_path / name) for name in ("one", "same", "other"))
    assert one.identity == same.identity != other.identity
    assert pickle.loads(pickle.dumps(one)).identity == one.identity, "a worker gets one of its own"


def test_with_a_least_confidence_it_is_another_reader(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"1")
    every, sure = student(tmp_path), student(tmp_path, min_confidence=0.5)
    assert every.identity == student(tmp_path, min_confidence=0.0).identity != sure.identity


def test_a_folder_that_is_not_there_is_told_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model in"):
        student(tmp_path / "nothing")
    empty = student(tmp_path)
    with pytest.raises(UserError):
        empty.load()
