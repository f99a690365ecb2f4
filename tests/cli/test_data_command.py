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


def test_stats_of_one_set_say_what_it_shares_with_known_ones(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = home / "acsa" / "twin"
    other.mkdir(parents=True)
    (other / "test.json").write_bytes((home / "atsa" / "mine" / "test.json").read_bytes())
    assert run(["data", "stats", "--task", "atsa", "--data", "mine", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    shared = {"one": "atsa/mine", "other": "acsa/twin", "split": "test", "shared": 1, "of": 1}
    assert found["overlap"] == [shared]
    assert set(found) == {"task", "data", "folder", "splits", "overlap"}
    assert run(["data", "stats", "--task", "atsa", "--data", "mine"]) == 0
    assert "acsa/twin" in capsys.readouterr().out
    (other / "test.json").write_text("[")
    assert run(["data", "stats", "--task", "atsa", "--data", "mine", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["overlap"] is None
    assert f"what the sets share is not known: {other / 'test.json'} is not JSON" in err


def test_stats_of_several_sets(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    two = ["--data", "mine", "--data", "hotels"]
    for arguments in (["--data", "all"], two):
        assert run(["data", "stats", "--task", "atsa", *arguments, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert {"mine", "hotels"} <= {each["data"] for each in found["sets"]}
        assert {"one": "atsa/hotels", "other": "acsa/hotels", "split": "test", "shared": 200, "of": 200} in found[
            "overlap"
        ]
    assert run(["data", "stats", "--task", "atsa", *two]) == 0
    out = capsys.readouterr().out
    assert "atsa mine" in out and "atsa hotels" in out


def test_fetch_without_a_network_is_one_line_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.benchmark import fetch

    monkeypatch.setattr(fetch, "HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    assert run(["data", "fetch", "rest14", "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "tried http://127.0.0.1:9/HITSZ-HLT" in err and "--from DIR" in err
    assert not (tmp_path / "out").exists()
    assert run(["data", "fetch", "rest14", "--from", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "there is no atsa/rest14/train.json in" in capsys.readouterr().err


def test_fetch_from_a_folder_shows_source_and_license(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "fetch", "--task", "acsa", "--from", str(shared / "data" / "benchmark"), "--out", str(tmp_path)]
    assert run([*command, "--json"]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert len(found["files"]) == 8
    assert "license: SemEval's terms" in err and "the repository states no license" in found["license"]
    assert run(command) == 0
    assert "there" in capsys.readouterr().out


def test_import_and_look(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    table = tmp_path / "labels.csv"
    rows = [f"Room {i} was loud.,Room {i},bad" for i in range(10)]
    table.write_text("\n".join(["sentence,target,polarity", *rows]) + "\n")
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    command = ["data", "import", str(table), "--task", "atsa", "--out", str(tmp_path / "atsa" / "rooms")]
    assert run(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"'bad' 10 times, first in {table}, line 2" in line
    assert not (tmp_path / "atsa").exists()
    options = ["--polarity-map", "bad=negative", "--dev-share", "0.2", "--test-share", "0.3"]
    assert run([*command, *options, "--json"]) == 0
    splits = json.loads(capsys.readouterr().out)["splits"]
    assert {name: part["sentences"] for name, part in splits.items()} == {"train": 5, "dev": 2, "test": 3}
    assert run([*command, *options]) == 0
    assert run(["data", "stats", "--task", "atsa", "--data", "rooms", "--json"]) == 0
    assert run(["data", "list"]) == 0
    assert "rooms" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["list", "fetch", "stats", "import"])
def test_every_command_of_data_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", command, "--help"]) == 0
    assert f"Example: aspectra data {command}" in capsys.readouterr().out
