"""`aspectra data`: what is here and what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aspectra.cli.main import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "atsa" / "mine"
    folder.mkdir(parents=True)
    aspects = [
        {"from": 3, "to": 7, "target": "fish", "category": None, "polarity": "positive", "opinion_words": "good"},
        {"from": None, "to": None, "target": None, "category": None, "polarity": "negative"},
    ]
    (folder / "test.json").write_text(json.dumps([{"ID": "1", "sentence": "The good fish", "aspects": aspects}]))
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    return tmp_path


def test_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    mine = {"task": "atsa", "data": "mine", "files": ["test"], "folder": str(home / "atsa" / "mine")}
    assert mine in found
    assert run(["data", "list"]) == 0
    assert "mine" in capsys.readouterr().out


def test_stats(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", "--task", "atsa", "--data", "mine", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["splits"]["test"]
    assert found["sentences"] == 1
    assert found["targets"] == 1
    assert found["polarities"] == {"positive": 1, "negative": 1, "neutral": 0, "conflict": 0}
    assert found["implicit"] == {"strict": 0, "paper": 1}
    assert found["multi"] == {"strict": 0, "paper": 1}
    assert found["mended"] == 1
    assert run(["data", "stats", "--task", "atsa", "--data", str(home / "atsa" / "mine")]) == 0
    assert "implicit, paper" in capsys.readouterr().out


def test_unknown_set_and_task(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "stats", "--task", "atsa", "--data", "mime"]) == 2
    first = capsys.readouterr().err
    assert "unknown atsa dataset 'mime'; did you mean 'mine'?" in first
    assert run(["data", "stats", "--task", "asta", "--data", "mine"]) == 2
    second = capsys.readouterr().err
    assert "unknown task 'asta'; did you mean 'atsa'?" in second
    assert first.count("\n") == second.count("\n") == 1
    (home / "atsa" / "mine" / "test.json").rename(home / "atsa" / "mine" / "hard_test.json")
    assert run(["data", "stats", "--task", "atsa", "--data", "mine"]) == 2
    assert "has none of train.json, dev.json, test.json" in capsys.readouterr().err
