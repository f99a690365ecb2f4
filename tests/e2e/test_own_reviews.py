"""README's commands from a CSV and an LLM endpoint to a fine-tuned model, without a labeled sentence."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.endpoint import Endpoint

from aspectra.cli.main import run
from aspectra.places import locate


def test_five_commands_make_a_model_from_a_csv_and_an_endpoint(
    tmp_path: Path,
    causal: Path,
    endpoint: Endpoint,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    reviews = [json.loads(line) for line in locate("demo:reviews.jsonl").read_text(encoding="utf-8").splitlines()[:16]]
    with Path("reviews.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["review", "stars"])
        writer.writeheader()
        writer.writerows({"review": review["text"], "stars": review["rating"]} for review in reviews)

    asked = ["elicit", "reviews.csv", "--base-url", endpoint.url, "--model", "my-llm", "--out", "runs/responses"]
    assert run(asked) == 0
    assert len(endpoint.requests) == 32
    assert run(["corpus", "runs/responses", "--out", "runs/corpus"]) == 0
    small = ["--set", "threads=1", "--set", "batch_size=4"]
    assert run(["pretrain", "runs/corpus", "--student", str(causal), "--out", "runs/student", *small]) == 0
    silver = ["--task", "atsa", "--data", "runs/corpus/silver", "--student", "runs/student"]
    assert run(["finetune", *silver, "--out", "runs/tuned", "--epochs", "1", "--shots", "8", *small]) == 0
    assert (Path("runs/tuned") / "model.safetensors").is_file()
    assert json.loads(Path("runs/tuned/aspectra.json").read_text(encoding="utf-8"))["task"] == "atsa"

    capsys.readouterr()
    assert run(["evaluate", "runs/tuned", "--data", "hotels", "--cap", "4", "--max-new-tokens", "4", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["sentences"] == 4
    assert run(asked) == 0
    assert len(endpoint.requests) == 32, "what was answered is not asked again"
