"""Workers: who gets which cell, and what Ctrl-C leaves."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from tests.benchmark.conftest import Small
from werkzeug import Request, Response

from aspectra.benchmark import grid, workers
from aspectra.progress import progress
from aspectra.systems import BenchmarkConfig

RUN = """
import sys
from pathlib import Path
from aspectra.benchmark.protocol import benchmark
from aspectra.systems import BenchmarkConfig
if __name__ == "__main__":
    benchmark(BenchmarkConfig.model_validate_json(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), 2)
"""


class Slow:
    """An endpoint that keeps every request waiting: for `seconds`, or until it is let go."""

    def __init__(self, server: HTTPServer) -> None:
        self.asked, self.seconds, self.go = 0, 60.0, threading.Event()
        self.url = server.url_for("/v1")
        server.expect_request("/v1/chat/completions").respond_with_handler(self.answer)

    def answer(self, _: Request) -> Response:
        self.asked += 1
        self.go.wait(self.seconds)
        said = {"choices": [{"message": {"content": '{"opinions": []}'}, "finish_reason": "stop"}]}
        return Response(json.dumps(said), content_type="application/json")


@pytest.fixture
def slow() -> Iterator[Slow]:
    with HTTPServer(threaded=True) as server:
        endpoint = Slow(server)
        yield endpoint
        endpoint.go.set()


def asking(small: Small, url: str) -> BenchmarkConfig:
    elicit = {"model": "m", "base_url": url, "concurrency": 3}
    return small(systems={"llm": {"kind": "llm", "elicit": elicit}}, sets={"atsa": small().sets["atsa"][:1]})


def start(config: BenchmarkConfig, folder: Path) -> subprocess.Popen[str]:
    (folder / "config.json").write_text(config.model_dump_json())
    (folder / "run.py").write_text(RUN)
    command = [sys.executable, str(folder / "run.py"), str(folder / "config.json"), str(folder / "out")]
    # A group of its own, as a shell gives it: Ctrl-C reaches every process of it at once.
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(what: Any, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def stored(out: Path) -> int:
    (store,) = out.glob("answers/*/elicit/responses.sqlite")
    with sqlite3.connect(store) as db:
        return int(db.execute("SELECT count(*) FROM responses WHERE status = 'done'").fetchone()[0])


def test_ctrl_c_stores_what_is_in_flight_and_the_next_run_asks_the_rest(
    small: Small, tmp_path: Path, slow: Slow
) -> None:
    process = start(asking(small, slow.url), tmp_path)
    until(lambda: slow.asked == 3)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    assert process.poll() is None, "three answers are still being paid for"
    slow.go.set()
    told = process.communicate(timeout=60)[1]
    assert "stopping after the answers in flight are stored" in told
    assert stored(tmp_path / "out") == slow.asked == 3
    again = start(asking(small, slow.url), tmp_path)
    again.communicate(timeout=120)
    assert again.returncode == 0
    assert slow.asked == 14, "none was asked twice"


def test_a_second_ctrl_c_waits_for_nothing(small: Small, tmp_path: Path, slow: Slow) -> None:
    process = start(asking(small, slow.url), tmp_path)
    until(lambda: slow.asked == 3)
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=20)
    assert slow.asked == 3


def test_cells_of_one_llm_are_never_in_two_hands(small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        def send(self, cell: grid.Cell) -> None:
            pass

    config = small(systems={name: s.model_dump() for name, s in small().systems.items() if name != "tiny"})
    left = grid.grid(config)
    needs = {cell.id: workers.need(config, cell, tmp_path) for cell in left}
    monkeypatch.setattr(workers, "start", lambda *_: workers.Worker(None, Pipe()))
    crew: list[workers.Worker] = []
    while workers.give(config, left, needs, crew, tmp_path, 9):
        pass
    in_hand = [worker.cell.system for worker in crew if worker.cell]
    assert in_hand == ["llm", "other", "other", "other", "other"]
    assert [cell.system for cell in left] == ["llm"] * 3


def test_what_a_cell_says_is_in_its_file_and_told_even_when_the_garbage_speaks(tmp_path: Path) -> None:
    ours, theirs = get_context("spawn").Pipe()

    class Speaks:
        def __init__(self) -> None:
            self.itself = self  # only the collector frees it

        def __del__(self) -> None:
            print("collected", file=sys.stderr)

    heard: list[Any] = []

    def listen() -> None:
        while (said := ours.recv()) is not None:
            heard.append(said)

    listening = threading.Thread(target=listen)
    listening.start()
    before = gc.get_threshold()
    gc.set_threshold(5)
    try:
        with workers.logged(tmp_path / "log.txt", theirs) as log:
            for number in range(200):
                Speaks()
                print(f"line {number}", file=sys.stderr)
            log.tick("200 of 200")
            log.pipe = None
            print("a traceback", file=sys.stderr)
    finally:
        gc.set_threshold(*before)
    theirs.send(None)
    listening.join()
    assert [said for said in heard if isinstance(said, str) and said != "collected"] == [
        f"line {n}" for n in range(200)
    ]
    assert heard[-1] == workers.Tick("200 of 200") or "collected" in heard[-1]
    written = (tmp_path / "log.txt").read_text()
    assert "200 of 200\n" in written and "a traceback\n" in written


def test_text_from_outside_is_no_markup_of_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress("benchmark", 2) as bar:
        bar.tell("llm: the endpoint is down (502: expected [/INST])")
        bar.advance(1, "[type=missing]")
    assert "[type=missing]" in stream.getvalue()
