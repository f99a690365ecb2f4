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
    assert f"cannot tell what the sets share: {other / 'test.json'} is not JSON" in err


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
    from aspectra.data import fetch

    monkeypatch.setattr(fetch, "HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "*")
    assert run(["data", "fetch", "rest14", "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "tried http://127.0.0.1:9/HITSZ-HLT" in err and "--from DIR" in err
    assert not (tmp_path / "out").exists()
    assert run(["data", "fetch", "rest14", "--from", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "no atsa/rest14/train.json in" in capsys.readouterr().err


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


WRONG = {
    "empty.csv": (b"", "has no rows"),
    "header.csv": (b"text,target,polarity\n", "has no rows"),
    "empty.xml": (b"", "line 1: not well-formed XML"),
    "empty.seg": (b"", "empty.seg is empty"),
    "blank.atepc": (b"\n\n", "blank.atepc has no sentence"),
    "empty.txt": (b"", "empty.txt is empty"),
    "torn.xml": (b'<sentences>\n<sentence id="1"><text>Soup', "line 2: not well-formed XML"),
    "binary.xml": (b"\x89PNG\r\n\x1a\n", "line 1: not well-formed XML"),
    "page.xml": (b"<html/>", "no <sentence> elements"),
    "latin.csv": (b"text,target,polarity\ncaf\xe9,caf,positive\n", "is not UTF-8 (line 2"),
    "latin.xml": (b"<?xml version='1.0'?>\n<sentences>caf\xe9</sentences>", "line 2: not well-formed XML"),
    "label.csv": (b"text,target,polarity\nsoup,soup,great\n", "'great' 1 time"),
    "absent.csv": (b"text,target,polarity\nsoup,bread,positive\n", "line 2: the target 'bread' is not in the text"),
    "quote.csv": (b'text,target,polarity\n"soup,soup,positive\n', "line 2: a quote opens here and never closes"),
    "column.csv": (b"text,target\nsoup,soup\n", "no polarity column"),
    "torn.jsonl": (b'{"text": "so', "line 1: the line is incomplete"),
    "half.jsonl": (rb'{"text": "x \ud83d", "target": null, "polarity": null}', "line 1: there is half a character"),
    "torn.parquet": (b"PAR1", "cannot be read as Parquet"),
    "cut.seg": (b"$T$ is good\n", "line 2: the term of line 1"),
    "two.atepc": (b"soup O\n", "line 1: 2 columns"),
    "plain.txt": (b"hello\n", "name it with --format"),
    "folder.csv": (None, "is a folder; name a file"),
}


@pytest.mark.parametrize("name", [*WRONG, "missing.csv"])
def test_a_wrong_file_is_one_line_that_names_it_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    content, what = WRONG.get(name, (None, "no file"))
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    elif name in WRONG:
        path.mkdir()
    assert run(["data", "import", str(path), "--task", "atsa", "--out", str(tmp_path / "out")]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert str(path) in err and what in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("form", ["semeval", "seg", "atepc", "tabel"])
def test_a_wrong_format_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("text,target,polarity\nsoup,soup,positive\n")
    command = ["data", "import", str(path), "--task", "atsa", "--out", str(tmp_path / "out")]
    assert run([*command, "--format", form]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"{path}, line 1: " in line or "did you mean 'table'" in line
    assert not (tmp_path / "out").exists()


def test_an_out_that_cannot_be_a_folder_is_one_line(
    shared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text("text,target,polarity\nsoup,soup,positive\n")
    source = ["--from", str(shared / "data" / "benchmark")]
    for command in (["import", str(path), "--task", "atsa"], ["fetch", "rest14", *source]):
        for out in (path, path / "below"):
            assert run(["data", *command, "--out", str(out)]) == 2
            said = capsys.readouterr()
            assert (said.out, said.err.count("\n")) == ("", 1)
            assert f"{out} is a file" in said.err or f"cannot write {out}" in said.err


@pytest.mark.parametrize("command", ["list", "fetch", "stats", "draw", "import"])
def test_every_command_of_data_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", command, "--help"]) == 0
    assert f"Example: aspectra data {command}" in capsys.readouterr().out
