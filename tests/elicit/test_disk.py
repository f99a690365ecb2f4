"""A full disk, a folder that cannot be written, a second run: a clear stop, nothing corrupted, and on it goes."""

from __future__ import annotations

import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.faults import Endpoint, Faults, serving

Write = Callable[..., Path]
TEXTS = [f"Text{n} is {'very ' * 40}fine." for n in range(400)]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serving(Faults()) as endpoint:
        yield endpoint


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, too small for the answers; skips where that is not for us to make."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here ({made.stderr.strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def run(reviews: Path, endpoint: Endpoint, out: Path, bytes_at_most: int | None = None) -> tuple[int, str]:
    """The command's exit code and what it said; `bytes_at_most` is a limit on each file that it writes."""
    command = [
        sys.executable, "-m", "aspectra", "elicit", str(reviews), "--model", "m", "--base-url", endpoint.url,
        "--kinds", "analysis", "--out", str(out),
    ]  # fmt: skip

    def limit() -> None:
        if bytes_at_most is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_at_most, bytes_at_most))

    done = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, timeout=120)
    return done.returncode, done.stderr


def sound(out: Path) -> list[str]:
    """The reviews whose answers are stored, once the file has been found whole."""
    with sqlite3.connect(out / "responses.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [
            text
            for (text,) in db.execute(
                "SELECT t.text FROM responses r JOIN requests q ON q.id = r.request JOIN texts t ON t.id = q.text"
            )
        ]


def test_a_full_disk_stops_the_run_and_room_lets_it_go_on(
    server: Endpoint, write_reviews: Write, small: Path, tmp_path: Path
) -> None:
    reviews, out = write_reviews(*TEXTS), small / "out"
    code, told = run(reviews, server, out)
    assert code == 2
    assert "the disk is full" in told.splitlines()[-1]
    assert "Traceback" not in told
    stored, asked = sound(out), dict(server.asked)
    assert 0 < len(stored) < len(TEXTS)
    subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
    assert run(reviews, server, out)[0] == 0
    assert len(sound(out)) == len(TEXTS)
    assert all(server.asked[text] == asked[text] for text in stored), "what was stored was not asked for again"


def test_a_limit_on_the_size_of_files_stops_the_run_likewise(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews(*TEXTS), tmp_path / "out"
    code, told = run(reviews, server, out, bytes_at_most=500_000)
    assert code in (1, 2)
    assert "disk" in told.splitlines()[-1]
    assert "Traceback" not in told
    stored, asked = sound(out), dict(server.asked)
    assert 0 < len(stored) < len(TEXTS)
    assert run(reviews, server, out)[0] == 0
    assert len(sound(out)) == len(TEXTS)
    assert all(server.asked[text] == asked[text] for text in stored)


def test_a_folder_that_can_only_be_read_is_told_of_before_anything_is_asked(
    server: Endpoint, write_reviews: Write, small: Path
) -> None:
    out = small / "out"
    assert run(write_reviews(*TEXTS[:10]), server, out)[0] == 0
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    before = (out / "responses.sqlite").read_bytes()
    code, told = run(write_reviews(*TEXTS[:20], name="more.jsonl"), server, out)
    assert code == 2
    assert "cannot write" in told and "Read-only" in told
    assert "Traceback" not in told
    assert server.requests() == 10
    assert (out / "responses.sqlite").read_bytes() == before
    subprocess.run(["mount", "-o", "remount,rw,size=64m", str(small)], check=True)
    assert run(write_reviews(*TEXTS[:20], name="more.jsonl"), server, out)[0] == 0
    assert server.requests() == 20


def test_a_second_run_on_a_store_is_refused_and_told_of_the_first(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews(*TEXTS[:30]), tmp_path / "out"
    server.faults.latency = 0.3
    command = [
        sys.executable, "-m", "aspectra", "elicit", str(reviews), "--model", "m", "--base-url", server.url,
        "--kinds", "analysis", "--concurrency", "2", "--out", str(out),
    ]  # fmt: skip
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while server.requests() < 4:
        assert first.poll() is None
        time.sleep(0.01)
    code, told = run(reviews, server, out)
    assert code == 2
    assert f"another run (process {first.pid}) is writing to {out}" in told
    status = subprocess.run(
        [sys.executable, "-m", "aspectra", "elicit", "--status", str(out), "--json"], capture_output=True, text=True
    )
    assert status.returncode == 0, "but where the first one stands is told"
    assert '"pending"' in status.stdout
    assert first.wait(60) == 0
    assert server.requests() == 30
