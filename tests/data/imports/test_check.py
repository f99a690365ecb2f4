"""Sentences that a person went through on the page of a check become labels."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.score.test_checks import TEXT, found, missed, saved, sentence

from aspectra.cli.main import run
from aspectra.data.examples import load


def test_finished_sentences_are_imported_as_they_should_have_been_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "check-1.json"
    whole = saved(
        sentence(found("bar service", "negative", "wrong", "positive"), lost=(missed("soup", "negative"),)),
        sentence(found("soup", "positive", "wrong")) | {"text": TEXT + "!"},
        sentence(found("soup", "negative", "right"), complete=False),
        sentence(found("soup", "negative", None)),
    )
    path.write_text(json.dumps(whole, indent=2))
    assert run(["data", "import", str(path), "--task", "atsa", "--split", "train", "--out", str(tmp_path / "set")]) == 0
    assert "2 of 4 sentences are not finished, and are left out" in capsys.readouterr().err
    first, second = load(tmp_path / "set" / "train.json")
    assert [(o.target, o.polarity, o.start) for o in first.opinions] == [
        ("bar service", "positive", 4),
        ("soup", "negative", 30),
    ]
    assert (second.text, second.opinions) == (TEXT + "!", ())


def test_where_no_sentence_is_finished_nothing_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "check-1.json"
    path.write_text(json.dumps(saved(sentence(complete=False)), indent=2))
    assert run(["data", "import", str(path), "--task", "atsa", "--out", str(tmp_path / "set")]) == 2
    told = capsys.readouterr().err
    assert "finish some on the page" in told and told.count("\n") == 1
    assert not (tmp_path / "set").exists()
