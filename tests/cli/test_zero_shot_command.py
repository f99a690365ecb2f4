"""`aspectra zero-shot` as a user calls it: JSON for machines, a table for people, one line for every wrong call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aspectra.cli.main import run


@pytest.fixture
def home(tmp_path: Path) -> Path:
    aspect = {"from": 4, "to": 8, "target": "soup", "category": "FOOD#QUALITY", "opinion_words": None}
    for task in ("atsa", "acsa"):
        folder = tmp_path / task / "inn"
        folder.mkdir(parents=True)
        rows = [
            {"ID": str(i), "sentence": f"The soup was {word}.", "aspects": [aspect | {"polarity": polarity}]}
            for i, (word, polarity) in enumerate([("hot", "positive"), ("cold", "negative"), ("soup", "conflict")])
        ]
        (folder / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    good = '{"text": "Good.", "label": "positive"}'
    (tmp_path / "half.jsonl").write_text(f"{good}\n" + good.replace("Good", "\\ud83d") + "\n", encoding="utf-8")
    (tmp_path / "latin.jsonl").write_bytes(good.replace("Good", "Caf\u00e9").encode("latin-1"))
    (tmp_path / "label.jsonl").write_text(good.replace("positive", "good"), encoding="utf-8")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn" / "test.json").write_text('[{"sentence": "Go', encoding="utf-8")
    (tmp_path / "texts.jsonl").write_text('{"text": "Good.", "label": "positive"}\n', encoding="utf-8")
    return tmp_path


def call(home: Path, *more: str, model: str = "MODEL") -> int:
    return run(["zero-shot", model, *(part.replace("HOME", str(home)) for part in more)])


def test_json_has_a_row_for_each_system_set_and_subset(
    home: Path, causal: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", "HOME/atsa/inn", "--data", "HOME/acsa/inn", "--texts", "HOME/texts.jsonl"]
    assert call(home, *data, "--device", "cpu", "--out", "HOME/out", "--json", model=str(causal)) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert said.err == "", "no bars or chatter of transformers"
    assert [(row["task"], row["subset"]) for row in found["rows"] if row["system"] == "majority"] == [
        *((task, subset) for task in ("atsa", "acsa") for subset in ("all", "implicit", "multi")),
        ("sentence", "all"),
    ]
    keys = [
        "system",
        "task",
        "data",
        "subset",
        "accuracy",
        "macro_f1",
        "items",
        "unanswered",
        "classes",
        "intervals",
        "uncalibrated",
    ]
    assert list(found["rows"][0]) == keys
    assert found["rows"][0]["items"] == 2, "the conflict is left out"
    manifest = json.loads((home / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["figures"] == found
    assert set(manifest["outputs"]) == {"predictions.jsonl"}


def test_a_recorded_llm_needs_no_student(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [("hot", "positive"), ("cold", "positive")]
    rows = [
        {"review": f"The soup was {word}.\nTarget: soup", "kind": "polarity", "text": answer} for word, answer in asked
    ]
    file = home / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    data = ["--data", "HOME/atsa/inn", "--llm", "recorded", "--answers", "HOME/store"]
    assert call(home, *data, "--set", "concurrency=2", model=str(file)) == 0
    out = capsys.readouterr().out
    assert "50.00" in out and "0.0 to 100.0" in out
    assert "with the label conflict" in out


def test_texts_are_read_in_the_encoding_that_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "answers.jsonl"
    row = {"review": "Caf\u00e9.", "kind": "polarity", "text": "positive"}
    file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    data = ["--texts", "HOME/latin.jsonl", "--llm", "recorded", "--answers", "HOME/store", "--out", "HOME/out"]
    assert call(home, *data, "--encoding", "latin-1", "--json", model=str(file)) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["accuracy"] == 1.0
    assert "Caf\u00e9." in (home / "out" / "predictions.jsonl").read_text(encoding="utf-8")
    assert call(home, *data, "--encoding", "cp1251", "--json", model=str(file)) == 2, "another reading of the same file"
    assert "with other input or settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ([], "name a set with --data"),
        (["--data", "HOME/atsa"], "has no test.json"),
        (["--data", "HOME/atsa/inn", "--task", "atsc"], "did you mean 'atsa'"),
        (["--data", "HOME/atsa/inn", "--text-column", "x"], "need --texts FILE"),
        (["--data", "HOME/atsa/inn", "--encoding", "cp1252"], "need --texts FILE"),
        (["--data", "HOME/atsa/inn", "--base-url", "x"], "need --llm TEACHER"),
        (["--data", "HOME/atsa/inn", "--llm", "opnai", "--answers", "HOME/store"], "did you mean 'openai'"),
        (["--data", "HOME/atsa/inn", "--llm", "openai"], "--llm needs --answers DIR"),
        (
            ["--data", "HOME/atsa/inn", "--llm", "recorded", "--answers", "HOME/s", "--set", "x"],
            "write it as key=value",
        ),
        (["--data", "HOME/atsa/inn", "--llm", "recorded", "--answers", "HOME/s"], "no file of recorded responses"),
        (["--data", "HOME/atsa/inn"], "unknown model 'MODEL'"),
        (["--data", "HOME/atsa/inn", "--aspect", "the {term}"], "only {target} is filled in, not {term}"),
        (
            ["--data", "HOME/atsa/inn", "--llm", "recorded", "--answers", "HOME/texts.jsonl"],
            "--answers HOME/texts.jsonl",
        ),
        (["--texts", "HOME/none.jsonl"], "no file"),
        (["--texts", "HOME/half.jsonl"], "HOME/half.jsonl, line 2: it has half a character"),
        (["--texts", "HOME/atsa"], "HOME/atsa is a folder"),
        (["--texts", "HOME/latin.jsonl"], "HOME/latin.jsonl is not UTF-8 (line 1"),
        (["--texts", "HOME/latin.jsonl", "--encoding", "latin-9000"], "no encoding 'latin-9000'"),
        (["--texts", "HOME/label.jsonl"], "'good' (1, first in line 1)"),
        (["--data", "HOME/torn", "--task", "atsa"], "HOME/torn/test.json is not JSON"),
        (["--data", "nowhere"], "aspectra data fetch"),
        (["--data", "HOME/atsa/inn", "--cap", "0"], "--cap"),
    ],
)
def test_a_wrong_call_is_one_line_and_writes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str], more: list[str], what: str
) -> None:
    before = sorted(home.rglob("*"))
    assert call(home, *more, *(["--out", "HOME/out"] if more else [])) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert what.replace("HOME", str(home)) in said.err
    assert said.err.count("\n") == 1
    assert sorted(home.rglob("*")) == before
