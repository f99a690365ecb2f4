"""`aspectra export` as a user calls it: a table, JSON for machines, one line for every wrong call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.readers.families import make

from aspectra.cli.main import run


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make("t5", tmp_path_factory.mktemp("student"))


def call(student: Path, out: Path, *more: str) -> int:
    return run(["export", str(student), "--out", str(out), "--check", "4", "--max-new-tokens", "6", *more])


def test_json_has_what_was_measured(student: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(student, tmp_path / "out", "--compute", "float32", "--json") == 0
    said = capsys.readouterr()
    assert said.err == "", "no bars or chatter of the libraries"
    figures = json.loads(said.out)
    assert figures["compute"] == "float32"
    assert figures["agreement"] == 1.0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))["figures"] == figures
    assert call(student, tmp_path / "out", "--compute", "float32") == 0
    said = capsys.readouterr()
    assert "is done already" in said.err
    assert "the same opinions as the student in 100.0% of the sentences" in said.out
    assert "agreement and F1 in percent" in said.out and " 100.00 " in said.out
    assert run(["evaluate", str(tmp_path / "out"), "--data", "hotels", "--cap", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sentences"] == 3


def test_gold_of_ones_own_is_compared_with(student: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = {"sentence": "The soup was hot.", "aspects": []}
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "test.json").write_text(json.dumps([row]), encoding="utf-8")
    assert call(student, tmp_path / "out", "--data", str(tmp_path / "set"), "--compute", "float32", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sentences"] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--compute", "in8"], "did you mean 'int8'?"),
        (["--data", "hotel"], "did you mean 'hotels'?"),
        (["--check", "0"], "--check"),
    ],
)
def test_a_wrong_call_is_one_line(
    student: Path, tmp_path: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(student, tmp_path / "out", *more) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()
