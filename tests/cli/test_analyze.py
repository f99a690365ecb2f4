"""`aspectra analyze` as a user calls it: files, a table for people, JSON for machines, one line for a wrong call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary, invented, put
from tests.readers.families import make

from aspectra.cli.main import run
from aspectra.readers.extraction import Extraction
from aspectra.readers.writers.convert import convert
from aspectra.students.writers.writer import Writer

Loads = list[dict[str, Any]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with reviews and something that passes for a model's folder."""
    put(tmp_path / "reviews.csv", invented(80))
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "aspectra.json").write_text("{}")
    return tmp_path


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> Loads:
    """The options by which a model was loaded, each time; a dictionary stands in for it."""
    given: Loads = []

    def load(folder: Path, **options: Any) -> Dictionary:
        given.append(options)
        return Dictionary()

    monkeypatch.setattr("aspectra.analyze.source.load", load)
    monkeypatch.setattr("aspectra.places.MODEL", Path("nowhere"))  # so that no table of meanings is lent
    return given


def call(home: Path, *more: str) -> int:
    parts = ("HOME/reviews.csv", "--model", "HOME/model", "--out", "HOME/out.csv", *more)
    return run(["analyze", *(part.replace("HOME", str(home)) for part in parts)])


def test_a_table_a_file_and_a_report(home: Path, loaded: Loads, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(home, "--report", "HOME/r.html", "--by", "store", "--title", "Stays", "--batch-size", "7") == 0
    said = capsys.readouterr()
    assert "room" in said.out and "opinions in 80 reviews" in said.out and f"report: {home / 'r.html'}" in said.out
    assert said.err.count("\n") == 1 and "has no table of meanings, so topics are grouped by words" in said.err
    page = (home / "r.html").read_text()
    assert "<h1>Stays</h1>" in page and ">By store</h2>" in page
    assert loaded == [{"batch_size": 7, "threads": os.cpu_count()}]


def test_a_column_without_opinions_is_asked_about(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(home, "--text-column", "id") == 0
    said = capsys.readouterr().out
    assert "0 opinions in 80 reviews" in said and "name it with --text-column" in said and "complain" not in said


def test_topics_of_ones_own_and_a_changed_file_counts_anew(
    home: Path, loaded: Loads, capsys: pytest.CaptureFixture[str]
) -> None:
    named, given = home / "topics.yaml", ("--topics", "HOME/topics.yaml", "--json")

    def topics() -> list[str]:
        assert call(home, *given) == 0
        said = capsys.readouterr()
        found = [row["label"] for row in json.loads(said.out)["topics"]["rows"]]
        return found if "nothing to do" not in said.err else [*found, "again"]

    named.write_text("nights: [beds, pillows]\nteam: [staff, front desk]\n")
    assert sorted(topics()) == ["nights", "other", "team"]
    assert topics()[-1] == "again"
    named.write_text("water: [pool, shower]\n")
    assert topics() == ["water", "other"]
    assert call(home, "--json") == 0 and "breakfast" in capsys.readouterr().out
    assert len(loaded) == 1, "the model read once"


def test_every_day_only_what_is_new_is_read(home: Path, loaded: Loads, capsys: pytest.CaptureFixture[str]) -> None:
    more = ("--append", "--report", "HOME/r.html", "--by", "store")
    for count, told in ((80, ""), (100, "20 of 100 reviews are new"), (100, "nothing is new in reviews.csv")):
        put(home / "reviews.csv", invented(100)[:count])
        assert call(home, *more) == 0
        said = capsys.readouterr()
        assert told in said.err and f"opinions in {count} reviews" in said.out
    assert len(loaded) == 2 and "100 reviews hold" in (home / "r.html").read_text()


def test_what_lay_under_the_threshold_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Choosy(Dictionary):
        def extract(self, texts: Sequence[str]) -> list[Extraction]:
            return [replace(one, under=len(one.opinions), opinions=one.opinions[:0]) for one in super().extract(texts)]

    monkeypatch.setattr("aspectra.analyze.source.load", lambda folder, **_: Choosy())
    assert call(home, "--min-confidence", "0.9") == 0
    assert "opinions with a confidence below 0.9 were left out" in capsys.readouterr().out
    assert json.loads((home / "out.csv.manifest.json").read_text())["figures"]["under"] > 50


def test_json_is_the_figures(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(home, "--limit", "10", "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["reviews"] == 10 and figures["opinions"] == sum(
        row["opinions"] for row in figures["targets"]["rows"]
    )
    manifest = json.loads((home / "out.csv.manifest.json").read_text())
    assert manifest["figures"] == figures and manifest["reviews"] == "reviews.csv"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--format", "xml"], "unknown format 'xml'"),
        (["--format", "csv"], "--format is only for standard input"),
        (["--by", "shop"], "no column 'shop'"),
        (["--model", "HOME/none"], "no model in"),
        (["--model", "minilm-l6"], "minilm-l6 has not learned to find opinions yet"),
        (["--topics", "HOME/none.yaml"], "no topics file"),
        (["--stars", "store"], "column 'store' has no stars"),
        (["--language", "zz"], "unknown language 'zz'"),
        (["--out", "HOME/x.txt"], "name a file that ends in .parquet, .csv, .jsonl"),
        (["--workers", "0"], "--workers"),
        (["--ray-address", "10.0.0.1:6379"], "--ray-address needs --engine ray"),
        (["--append", "--replace"], "--append keeps what is there, --replace overwrites it"),
    ],
)
def test_wrong_calls(home: Path, loaded: Loads, capsys: pytest.CaptureFixture[str], more: list[str], told: str) -> None:
    assert call(home, *more) == 2
    said = capsys.readouterr()
    assert told in said.err and said.err.count("\n") == 1 and said.out == "" and loaded == []
    assert sorted(path.name for path in home.iterdir()) == ["model", "reviews.csv"]


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["analyze", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Example: aspectra analyze reviews.csv" in said
    assert "with --append, every day: only what is new" in said
    assert "[1, one a node]" in said and "[default: local]" in said


@pytest.mark.slow
def test_an_export_is_run_without_torch(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    convert(Writer.load(make("llama", tmp_path / "llama")), export, "float32")
    put(tmp_path / "reviews.csv", invented(2))
    guard = tmp_path / "guard"
    for name in ("torch", "transformers"):
        (guard / name).mkdir(parents=True)
        (guard / name / "__init__.py").write_text(f"raise ImportError('{name} is not here')")
    command = [
        sys.executable, "-m", "aspectra", "analyze", "-", "--model", str(export), "--out",
        str(tmp_path / "o.jsonl"), "--report", str(tmp_path / "r.html"), "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        input=(tmp_path / "reviews.csv").read_text(),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(guard), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["reviews"] == 2
    assert (tmp_path / "o.jsonl").exists() and "<h1>standard input</h1>" in (tmp_path / "r.html").read_text()
