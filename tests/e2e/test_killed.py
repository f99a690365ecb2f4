"""A run that is killed in every stage once ends as one that was left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.chain import config_text
from tests.e2e.killing import ended, kill_when, start

pytestmark = pytest.mark.slow

# What each stage leaves behind while it works, in the order of the stages.
SIGNS = (
    "elicit/responses.sqlite",
    "corpus/.stage.json",
    "pretrain/distilled/checkpoints/checkpoint-*",
    "finetune/distilled-1/checkpoints/checkpoint-*",
    "evaluate/distilled-2/.stage.json",
    "teacher/elicit/responses.sqlite",
    "export/.stage.json",
    "opinions.parquet.parts/.stage.json",
)


def scores(out: Path) -> list[Any]:
    rows = json.loads((out / "results.json").read_text(encoding="utf-8"))["rows"]
    return [{key: value for key, value in row.items() if key != "seconds_per_sentence"} for row in rows]


def made(out: Path, name: str) -> dict[str, str]:
    """Digests of what a stage wrote, without what tells the time."""
    outputs = json.loads((out / name / "manifest.json").read_text(encoding="utf-8"))["outputs"]
    return {file: digest for file, digest in outputs.items() if file.endswith((".safetensors", "predictions.jsonl"))}


def test_killed_in_each_stage_the_next_call_goes_on_to_the_same_end(tmp_path: Path, causal: Path) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(config_text(tmp_path, causal), encoding="utf-8")
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    ended(start("run", str(file), "--out", str(calm)))
    again = ("run", str(file), "--out", str(killed))
    for sign in SIGNS:
        kill_when(start(*again), killed, sign)
    ended(start(*again))
    assert scores(killed) == scores(calm)
    for name in ("pretrain/distilled", "finetune/distilled-1", "evaluate/distilled-2"):
        assert made(killed, name) == made(calm, name) and made(calm, name)
    assert (killed / "opinions.parquet").read_bytes() == (calm / "opinions.parquet").read_bytes()
