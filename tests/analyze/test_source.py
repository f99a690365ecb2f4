"""A student is known by what is in its folder, and is loaded when it is needed."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.analyze.analysis import analyze
from aspectra.analyze.source import student
from aspectra.errors import UserError
from aspectra.readers.predictor import load


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
    (tmp_path / "notes.txt").write_text("no model")
    with pytest.raises(UserError, match="has no weights; a model is a folder with"):
        student(tmp_path)


def test_the_line_that_names_the_reader_comes_when_the_reading_begins(
    reader_of: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = reader_of("bert", "int8")
    capsys.readouterr()
    monkeypatch.setattr("aspectra.places.MODEL", folder)
    (tmp_path / "reviews.csv").write_text("text,date\nThe soup was good.,2026-03-01\n")
    read, out = tmp_path / "reviews.csv", tmp_path / "out.csv"
    right: dict[str, Any] = {"reviews": read, "source": student(None, threads=1), "out": out}
    wrongs: list[dict[str, Any]] = [{"reviews": tmp_path / "no.csv"}, {"out": tmp_path / "o.txt"}, {"by": ("shop",)}]
    for wrong in wrongs:
        with pytest.raises(UserError):
            analyze(**right | wrong)
    with pytest.raises(UserError, match="leave out --compute"):
        load(compute="int3")
    assert capsys.readouterr().err == "", "nothing was read"
    note = f"no model is named: using {folder.name}, which comes with Aspectra\n"
    for times in (1, 0):
        analyze(read, student(None, threads=1), out)
        assert capsys.readouterr().err.count(note) == times, "a finished output is not read again"
