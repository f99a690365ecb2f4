"""`aspectra score` as a user calls it: the JSON of the contract, and one line for every wrong call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aspectra.cli.main import run

FIELDS = ["precision", "recall", "f1", "gold", "predicted", "correct", "found", "sentences"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    aspect = {"from": "4", "to": "8", "target": "fish", "category": "FOOD#QUALITY", "polarity": "positive"}
    for name, text in (("one", "The fish."), ("two", "The fish again.")):
        (tmp_path / f"{name}.json").write_text(
            "\ufeff" + json.dumps([{"ID": name, "sentence": text, "aspects": [aspect]}]), encoding="utf-8"
        )
    rows = [
        {"id": "one", "text": "The fish.", "raw": "fish | positive ; fish | positive"},
        {"id": "two", "text": "The fish again.", "opinions": [{"target": "fish", "polarity": "negative"}]},
    ]
    (tmp_path / "pred.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def call(folder: Path, *more: str, gold: tuple[str, ...] = ("one.json", "two.json")) -> int:
    files = [part for name in gold for part in ("--gold", str(folder / name))]
    return run(["score", *files, "--pred", str(folder / "pred.jsonl"), "--task", "atsa", *more])


def test_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == FIELDS
    assert list(found.values()) == [0.5, 0.5, 0.5, 2, 2, 1, 1, 2]
    assert call(folder, "--json", "--scoring", "paper", "--subset", "implicit") == 0
    assert list(json.loads(capsys.readouterr().out).values()) == [
        2 / 3,
        0.5,
        2 * (2 / 3) * 0.5 / (2 / 3 + 0.5),
        2,
        3,
        2,
        1,
        2,
    ]


def test_lines_for_people_and_files_behind_one_option(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, str(folder / "two.json"), gold=("one.json",)) == 0
    out = capsys.readouterr().out
    assert "F1 50.00 " in out
    assert "2 sentences" in out


@pytest.mark.parametrize(
    ("more", "what"),
    [
        (["--task", "atsb"], "unknown task 'atsb'; did you mean 'atsa'? There are: acsa, atsa"),
        (["--subset", "implict"], "unknown subset 'implict'; did you mean 'implicit'?"),
        (["--scoring", "papr"], "unknown scoring 'papr'; did you mean 'paper'?"),
        (["--pred", "missing.jsonl"], "no file missing.jsonl"),
        (["--gold", "missing.json"], "no file missing.json"),
        (["--glod", "x"], "--glod"),
    ],
)
def test_wrong_calls(folder: Path, capsys: pytest.CaptureFixture[str], more: list[str], what: str) -> None:
    assert call(folder, *more) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert what in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("lacking", ["gold", "pred", "task"])
def test_what_is_missing_is_named_by_its_option(folder: Path, capsys: pytest.CaptureFixture[str], lacking: str) -> None:
    given = {"gold": str(folder / "one.json"), "pred": str(folder / "pred.jsonl"), "task": "atsa"}
    del given[lacking]
    assert run(["score", *(part for name, value in given.items() for part in (f"--{name}", value))]) == 2
    assert capsys.readouterr().err == f"aspectra: error: --{lacking} is missing (see 'aspectra score --help')\n"


def test_a_saved_audit_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "--audit", str(tmp_path / "gone.json")]) == 2
    assert f"no file {tmp_path / 'gone.json'}\n" in capsys.readouterr().err


def test_gold_and_predictions_that_differ(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(folder, gold=("two.json", "one.json")) == 2
    told = capsys.readouterr().err
    assert "sentence 1 differs" in told and "(that is sentence 2 of the gold)" in told
    assert call(folder, gold=("one.json",)) == 2
    assert "1 gold sentences but 2 predictions" in capsys.readouterr().err


def test_a_torn_line_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (folder / "pred.jsonl").open("a") as stream:
        stream.write('{"text": "to')
    assert call(folder) == 2
    captured = capsys.readouterr()
    assert "pred.jsonl, line 3: the line is incomplete" in captured.err
    assert captured.err.count("\n") == 1


def test_predictions_in_another_format_are_scored_and_told_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"text": "The fish.", "opinions": [{"term": "fish", "sentiment": "positive"}]},
        {"text": "The fish again.", "opinions": [{"term": "fish", "sentiment": "positive"}]},
    ]
    (folder / "pred.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert call(folder, "--json") == 0
    out, told = capsys.readouterr()
    assert json.loads(out)["f1"] == 0
    assert 'no opinion has a "target"' in told
    assert '2 of 2 opinions have no "polarity" of positive, negative, neutral, conflict; the first has none' in told


def test_a_target_that_is_no_text_is_told_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        {"text": "The fish.", "opinions": [{"target": None, "category": ["food"], "polarity": "positive"}]},
        {"text": "The fish again.", "opinions": [{"target": 5, "polarity": "positive"}]},
    ]
    (folder / "pred.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert call(folder) == 0
    told = "2 targets or categories are not text, and are read as text: first ['food'] as category of prediction 1"
    assert told in capsys.readouterr().err


def test_a_file_without_opinion_words_says_what_its_implicit_subset_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(folder, "--subset", "implicit") == 0
    assert "no opinion words are marked in these sentences" in capsys.readouterr().err
    assert call(folder) == 0
    assert capsys.readouterr().err == ""


def test_an_audit_is_told_question_by_question_and_an_older_one_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"kind": "analysis", "polarity": "positive", "explicit": True}
    whole = {"responses": {"drawn": 1, "done": 1, "rejected": 0}}
    answers = {"target": "right", "sentiment": "right", "reasoning": "wrong", "invented": None}
    new = whole | {"audit": 2, "opinions": [entry | {"model": "m", "answers": answers}]}
    old = whole | {"audit": 1, "opinions": [entry | {"mark": "right"}]}
    told = []
    for saved in (new, old):
        path = tmp_path / "audit.json"
        path.write_text(json.dumps(saved))
        assert run(["score", "--audit", str(path)]) == 0
        told.append(capsys.readouterr().out)
    assert "reasoning convincing  model m" in told[0]
    assert "question" not in told[1] and all("1 answers were drawn" in each for each in told)
