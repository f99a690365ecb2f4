"""A run that is killed in every stage once ends as one that was left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.chain import config_text

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


def start(file: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "aspectra", "run", str(file), "--out", str(out)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)


def kill_when(sign: str, file: Path, out: Path) -> None:
    """Run until the sign is there, then SIGKILL."""
    process = start(file, out)
    while process.poll() is None:
        if any(out.glob(sign)):
            process.send_signal(signal.SIGKILL)
    _, error = process.communicate()
    assert process.returncode == -signal.SIGKILL, f"it ended before {sign} was there: {error.decode()[-2000:]}"


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
    process = start(file, calm)
    assert process.communicate()[0] is None and process.returncode == 0
    for sign in SIGNS:
        kill_when(sign, file, killed)
    process = start(file, killed)
    _, error = process.communicate()
    assert process.returncode == 0, error.decode()[-2000:]
    assert scores(killed) == scores(calm)
    for name in ("pretrain/distilled", "finetune/distilled-1", "evaluate/distilled-2"):
        assert made(killed, name) == made(calm, name) and made(calm, name)
    assert (killed / "opinions.parquet").read_bytes() == (calm / "opinions.parquet").read_bytes()
