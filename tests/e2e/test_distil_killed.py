"""`aspectra distil` killed while it asks and while it trains ends as one that was left alone, and pays once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.killing import ended, kill_once, kill_when, start
from tests.faults import Endpoint, Faults, serving
from tests.students.taggers.labels import taught

pytestmark = pytest.mark.slow

# What a stage leaves behind while it works, in the order of the stages; None: once so many answers were asked for.
SIGNS = (None, "corpus/half/.stage.json", "pretrain/half/checkpoints/checkpoint-*", "evaluate/all/.stage.json")
DRAWN = 40


def begin(reviews: Path, endpoint: Endpoint, student: Path, out: Path) -> subprocess.Popen[bytes]:
    return start(
        "distil", str(reviews), "--base-url", endpoint.url, "--model", "m",
        "--student", str(student), "--reviews", str(DRAWN), "--concurrency", "2", "--out", str(out),
        "--set", "pretrain.epochs=4", "--set", "pretrain.save_steps=1", "--set", "pretrain.threads=1",
    )  # fmt: skip


def figures(out: Path) -> dict[str, Any]:
    made = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {name: made[name] for name in ("draw", "answers", "rows", "gains", "more")}


def test_killed_in_the_middle_it_goes_on_to_the_same_end(tmp_path: Path, encoder_of: Callable[[str], Path]) -> None:
    reviews = tmp_path / "reviews.csv"
    lines = [f'{n},"Pool number {n} was fine on day {3 * n}. We left at {n % 12} for town {n * n}."' for n in range(60)]
    reviews.write_text("id,text\n" + "\n".join(lines), encoding="utf-8")
    student = taught(encoder_of("bert"), tmp_path / "tagger", steps=20)
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    with serving(Faults(latency=0.1)) as endpoint:
        ended(begin(reviews, endpoint, student, calm))
        assert endpoint.requests() == DRAWN
    with serving(Faults(latency=0.1)) as endpoint:
        for sign in SIGNS:
            process = begin(reviews, endpoint, student, killed)
            if sign is not None:
                kill_when(process, killed, sign)
            else:
                kill_once(process, lambda: endpoint.requests() > DRAWN // 2, f"{DRAWN // 2} requests")
        ended(begin(reviews, endpoint, student, killed))
        # Those two that were in flight at the first kill may be asked for again.
        assert DRAWN <= endpoint.requests() <= DRAWN + 2
        assert max(endpoint.asked.values()) <= 2
    assert figures(killed) == figures(calm)
