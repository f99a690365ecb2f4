"""The predictions in `data/predictions` score as they say, and those and `data/answers` quote no sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aspectra.benchmark.release import WORDS
from aspectra.cli.main import app
from aspectra.data import datasets

FEW = 10  # files that the quick tests score again
RELEASED = [
    pytest.param(
        config,
        id=config.parent.name,
        marks=[pytest.mark.slow] if len([*config.parent.glob("predictions/*/*.jsonl")]) > FEW else [],
    )
    for config in sorted((Path(__file__).parents[2] / "data" / "predictions").glob("*/benchmark.yaml"))
]


def figures(path: Path) -> dict[tuple[Any, ...], Any]:
    """Counts and F1 of each row of a table, without times."""
    rows = json.loads(path.read_text(encoding="utf-8"))["table"]
    names = ("system", "task", "data", "shots", "scoring", "subset")
    return {tuple(row[name] for name in names): (row["sentences"], row["seeds"], row["f1"]) for row in rows}


@pytest.mark.parametrize("config", RELEASED)
def test_a_release_is_scored_again_to_its_own_figures(
    config: Path, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASPECTRA_DATA", str(shared / "data" / "benchmark"))
    monkeypatch.chdir(config.parent)
    result = CliRunner().invoke(app, ["benchmark", config.name, "--out", str(tmp_path / "again")])
    assert result.exit_code == 0, result.output
    said, again = figures(config.parent / "scores.json"), figures(tmp_path / "again" / "results.json")
    assert said == again


@pytest.mark.parametrize("config", RELEASED)
def test_a_release_has_no_sentence(config: Path, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASPECTRA_DATA", str(shared / "data" / "benchmark"))
    sets = (("atsa", "rest14"), ("atsa", "laptop14"), ("acsa", "rest16"), ("acsa", "laptop16"))
    found = (example.text for name in sets for example in datasets.split(datasets.find(*name), "test"))
    texts = {text for text in found if len(text.split()) > WORDS}
    assert len(texts) > 2000
    said = "".join(path.read_text(encoding="utf-8") for path in config.parent.rglob("*.json*"))
    assert not [text for text in texts if json.dumps(text)[1:-1] in said or text in said]


def test_a_recorded_answer_quotes_targets_alone() -> None:
    (path,) = (Path(__file__).parents[2] / "data" / "answers").glob("*.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len({row["review_sha256"] for row in rows}) == len(rows) > 2000
    assert not [row for row in rows if "review" in row]
    targets = [opinion["target"] for row in rows for opinion in json.loads(row["text"])["opinions"]]
    assert targets and max(len((target or "").split()) for target in targets) <= WORDS
