"""An elicitation killed fifty times ends as one that was left alone, and pays for no stored answer twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faults import Endpoint, Faults, serving

pytestmark = pytest.mark.slow

KILLS = 50
ROWS = 4000


def start(reviews: Path, endpoint: Endpoint, out: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable, "-m", "aspectra", "elicit", str(reviews), "--model", "m", "--base-url", endpoint.url,
        "--concurrency", "16", "--out", str(out),
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def stored(out: Path) -> dict[str, tuple[str, str]]:
    """Text and status of each answer by its request's key; empty where there is no store yet."""
    if not (out / "responses.sqlite").exists():
        return {}
    # Not read-only: a store that was killed while it was made has a journal to roll back.
    with sqlite3.connect(out / "responses.sqlite") as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'responses'").fetchone():
            return {}
        found = db.execute(
            "SELECT hex(q.key), r.text, r.status FROM responses r JOIN requests q ON q.id = r.request"
        ).fetchall()
    return {key: (text, state) for key, text, state in found}


def test_killed_at_fifty_moments_the_store_is_that_of_an_undisturbed_run(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    lines = [f"{n},{'Bad' if n % 50 == 7 else 'Good'} text{n} about the pool." for n in range(ROWS // 2)]
    reviews.write_text("id,text\n" + "\n".join(lines), encoding="utf-8")
    faults = Faults(always={"Bad": "nonsense"}, latency=0.05)
    with serving(faults) as endpoint:
        calm = tmp_path / "calm"
        process = start(reviews, endpoint, calm)
        assert process.communicate()[0] is None and process.returncode == 0
        assert endpoint.requests() == ROWS
    draw, out = random.Random(6), tmp_path / "killed"
    known: dict[str, tuple[str, str]] = {}
    with serving(faults) as endpoint:
        lost = 0
        for kill in range(KILLS):
            before = endpoint.requests()
            process = start(reviews, endpoint, out)
            # One in five at any moment of its beginning; the others after some requests and a part of a moment.
            if kill % 5 == 0:
                time.sleep(draw.uniform(0.0, 1.2))
            else:
                wanted = before + draw.randint(1, 40)
                while endpoint.requests() < wanted and process.poll() is None:
                    time.sleep(0.0005)
                time.sleep(draw.uniform(0.0, 0.03))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            time.sleep(0.1)  # for the server to read what was sent
            now = stored(out)
            assert now.items() >= known.items(), "what was on the disk stays"
            assert len(now) <= endpoint.requests()
            lost = endpoint.requests() - len(now)
            known = now
        assert process.returncode == -signal.SIGKILL, "the last one was killed too, with work left"
        assert 0 < len(known) < ROWS
        process = start(reviews, endpoint, out)
        _, told = process.communicate()
        assert process.returncode == 0, told.decode()[-2000:]
        # What is more than one request each was in flight when a run was killed.
        assert endpoint.requests() == ROWS + lost, "only what was not stored was asked for again"
        assert len(endpoint.asked) == ROWS // 2
    assert stored(out) == stored(calm)
