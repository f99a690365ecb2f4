"""Predictions that are passed on: no sentence is among them, and who has the set finds the same scores again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from tests.benchmark.conftest import Small, cut_down, sentence

from aspectra.benchmark.protocol import benchmark
from aspectra.benchmark.release import release, row, shortened
from aspectra.cli.main import run
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.schema import Prediction
from aspectra.score.predictions import write_predictions


@pytest.fixture
def finished(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A benchmark of an LLM, a file, and files at two numbers of shots and two seeds; its set known by name."""
    test = [sentence(n, "inn") for n in range(18, 32)]
    for shots in ("4", "all"):
        for seed in (1, 2):
            found = {int(shots) if shots == "4" else 9, seed}
            right = {e.id: f"{e.opinions[0].target} | neutral ; {e.text}" for e in test if e.opinions}
            said = [
                Prediction(e.id, e.text, raw=right[e.id] if e.id in right and int(e.id) % 7 in found else "none")
                for e in test
            ]
            write_predictions(tmp_path / "shots" / f"inn-{shots}-{seed}.jsonl", said)
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    systems = {name: system.model_dump() for name, system in cut_down(small).systems.items()}
    shots_file = {"kind": "file", "predictions": str(tmp_path / "shots" / "{data}-{shots}-{seed}.jsonl")}
    config = small(systems=systems | {"shots": shots_file}, sets={"atsa": ["inn"]}, shots=[4, None])
    benchmark(config, tmp_path / "run")
    return tmp_path / "run"


def scores(folder: Path) -> list[str]:
    table = json.loads((folder / "results.json").read_text(encoding="utf-8"))["table"]
    kept = ("system", "scoring", "subset", "seeds", "f1", "precision", "recall")
    return sorted(json.dumps([row[name] for name in kept]) for row in table)


def test_a_release_has_no_sentence_and_gives_the_same_table(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["benchmark", "release", str(finished), "--out", str(tmp_path / "passed")]) == 0
    assert "84 predictions of llm, other, shots; with digests instead of the sentences" in capsys.readouterr().out
    whole = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "passed").rglob("*") if path.is_file())
    for number in range(18, 32):
        assert f"Day {number} at the inn" not in whole
    assert hashlib.sha256(sentence(18, "inn").text.encode()).hexdigest() in whole
    names = sorted(path.name for path in (tmp_path / "passed" / "predictions" / "shots").iterdir())
    assert names == ["atsa-inn-4-1.jsonl", "atsa-inn-4-2.jsonl", "atsa-inn-all-1.jsonl", "atsa-inn-all-2.jsonl"]
    card = (tmp_path / "passed" / "README.md").read_text(encoding="utf-8")
    assert "can be a whole" in card
    assert "aspectra score --gold SET/test.json --pred predictions/" in card, "this set has no hard_test.json"
    added = card.partition("    systems:\n")[2].partition("To score")[0]
    own = yaml.safe_load(dedent("    systems:\n" + added))
    assert own["compare"] == [["mine", "shots"]]
    assert own["systems"]["mine"] == {
        "kind": "file",
        "predictions": "MY/FOLDER/{task}-{data}-{shots}-{seed}.jsonl",
        "shots": [4, None],
        "seeds": [1, 2],
    }, "the shots and seeds that are there, so that no file is missed"
    assert "| shots | atsa/inn | all | 2 |" in card and "answers a long part that is not valid" in card
    monkeypatch.chdir(tmp_path / "passed")
    assert run(["benchmark", "benchmark.yaml", "--out", str(tmp_path / "again")]) == 0
    assert scores(tmp_path / "again") == scores(finished)
    assert run(["benchmark", "release", str(finished), "--out", str(tmp_path / "passed")]) == 0, "done already"


def test_the_card_names_a_new_system_as_none_is_called(finished: Path, small: Small, tmp_path: Path) -> None:
    files = {"kind": "file", "predictions": str(tmp_path / "shots" / "{data}-{shots}-{seed}.jsonl")}
    benchmark(small(systems={"mine": files}, sets={"atsa": ["inn"]}, shots=[4, None]), tmp_path / "own")
    release(tmp_path / "own", tmp_path / "passed")
    card = (tmp_path / "passed" / "README.md").read_text(encoding="utf-8")
    added = yaml.safe_load(dedent("    systems:\n" + card.partition("    systems:\n")[2].partition("To score")[0]))
    assert (list(added["systems"]), added["compare"]) == (["yours"], [["yours", "mine"]])


def test_one_released_file_is_scored_beside_the_set(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release(finished, tmp_path / "passed", ["other"])
    assert [path.name for path in (tmp_path / "passed" / "predictions").iterdir()] == ["other"]
    gold = tmp_path / "atsa" / "inn" / "test.json"
    file = tmp_path / "passed" / "predictions" / "other" / "atsa-inn.jsonl"
    command = ["score", "--pred", str(file), "--task", "atsa", "--json", "--gold"]
    assert run([*command, str(gold)]) == 0
    found = json.loads(capsys.readouterr().out)["f1"]
    table = json.loads((finished / "results.json").read_text(encoding="utf-8"))["table"]
    wanted = (row for row in table if (row["system"], row["scoring"], row["subset"]) == ("other", "strict", "all"))
    assert found == next(wanted)["f1"]["mean"]
    other = [sentence(n, "inn") for n in range(18, 32)]
    other[2] = sentence(20, "pub")
    save(gold, other)
    assert run([*command, str(gold)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "sentence 3 differs from the predicted one: 'Day 20 at the pub" in line
    assert "aspectra data fetch" in line
    save(gold, other[:2])
    assert run([*command, str(gold)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("2 gold sentences but 14 predictions; the first unmatched is sentence 3")


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("soup | negative ; The soup was not what we had hoped for at all", "soup | negative ;..."),
        ("The soup was not what we had hoped for at all | positive", None),  # a term, if a strange one
        ("soup | negative ; none | of it ; bed positive", None),
        ("none", None),
        ("", None),
        (r"The soup was\; not what we had hoped for ; soup | negative", "... ; soup | negative"),
        (r"The soup was not what we had hoped\; soup | negative", None),  # in paper scoring it says something
    ],
)
def test_only_what_says_nothing_and_is_long_is_shortened(raw: str, kept: str | None) -> None:
    found = shortened(raw, "The soup was not what we had hoped for at all.", "atsa")
    assert found.replace(" ", "") == (raw if kept is None else kept).replace(" ", "")


def test_what_faults_are_counted_by_is_passed_on_and_an_llms_own_words_are_not() -> None:
    prediction = Prediction("1", "The soup.", raw="none", extra={"cut": True, "answered": True, "answer": "The soup."})
    assert row(prediction, "atsa").keys() == {"id", "text_sha256", "raw", "cut"}


def test_what_cannot_be_released_is_said(finished: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'other'"):
        release(finished, tmp_path / "passed", ["otter"])
    with pytest.raises(UserError, match=r"has no results\.json with runs"):
        release(tmp_path / "atsa", tmp_path / "passed")
    results = finished / "results.json"
    found = json.loads(results.read_text(encoding="utf-8"))
    lost = {"system": "shots", "seed": 2, "shots": None}
    found["cells"] = [cell for cell in found["cells"] if not lost.items() <= cell.items()]
    results.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(UserError, match=r"has no finished run shots\.atsa\.inn\.seed-2"):
        release(finished, tmp_path / "passed")
    assert release(finished, tmp_path / "passed", ["llm"])["systems"] == ["llm"]
    with pytest.raises(UserError, match="name another --out, or delete it"):
        release(finished, tmp_path / "passed", ["other"])
