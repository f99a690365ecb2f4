"""Without the extra `train`: elicit, corpus and score work, `run` and `evaluate` name what to install."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.chain import config_text

from aspectra.data.examples import load

# A base install in a process of its own: what the extra brings cannot be found or imported there.
BARE = """
import importlib.util, sys
EXTRA = ("torch", "transformers", "accelerate", "peft", "safetensors", "gguf", "huggingface_hub", "xllamacpp")
whole = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name in EXTRA else whole(name, package)
sys.modules.update(dict.fromkeys(EXTRA))
from aspectra.cli.main import main
main(sys.argv[1:])
"""


def bare(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", BARE, *map(str, arguments)]
    environment = os.environ | {"ASPECTRA_CACHE": "no cache here"}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_reviews_become_a_corpus_and_predictions_a_score_without_torch(tmp_path: Path) -> None:
    config_text(tmp_path, tmp_path)
    answers, gold = tmp_path / "responses.jsonl", tmp_path / "set" / "test.json"
    asked = bare(
        "elicit", tmp_path / "reviews.jsonl", "--teacher", "recorded", "--model", answers, "--out", tmp_path / "r"
    )
    assert asked.returncode == 0, asked.stderr
    made = bare("corpus", tmp_path / "r", "--out", tmp_path / "corpus")
    assert made.returncode == 0, made.stderr
    lines = [{"text": example.text, "raw": "none"} for example in load(gold)]
    (tmp_path / "none.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    scored = bare("score", "--gold", gold, "--pred", tmp_path / "none.jsonl", "--task", "atsa", "--json")
    assert scored.returncode == 0, scored.stderr
    assert json.loads(scored.stdout)["predicted"] == 0


def test_a_run_and_an_evaluation_say_at_once_which_extra_is_missing(tmp_path: Path) -> None:
    (tmp_path / "chain.yaml").write_text(config_text(tmp_path, tmp_path), encoding="utf-8")
    for what, arguments in (
        ("run", ["run", tmp_path / "chain.yaml", "--out", tmp_path / "out"]),
        ("evaluate", ["evaluate", tmp_path, "--data", tmp_path / "set"]),
        ("the student smollm2-135m", ["models", "fetch", "smollm2-135m"]),
    ):
        done = bare(*arguments)
        assert done.returncode == 2
        told = f"aspectra: error: {what} needs the extra 'train': pip install -c constraints.txt 'PATH[train]'"
        assert done.stderr.startswith(told) and done.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_mistyped_folder_is_no_missing_extra(tmp_path: Path) -> None:
    for command in (["analyze", tmp_path / "reviews.csv", "--out", tmp_path / "out.csv"], ["serve"]):
        done = bare(*command, "--model", "nope")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "no model in nope; name the folder" in done.stderr
