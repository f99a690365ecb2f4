"""Cells in worker processes: each holds one student's weights, and the death of one costs its cell only.

Called by `protocol`. A worker that loses its parent, however that ended, ends too: no two processes may write into one
cell's folder.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

from aspectra.benchmark.grid import Cell
from aspectra.config import BenchmarkConfig
from aspectra.errors import AspectraError
from aspectra.progress import Bar, say


@dataclass
class Worker:
    """A process, our end of its pipe, and the cell it has in hand."""

    process: Any
    pipe: Any
    cell: Cell | None = None
    student: str | None = None


def work(config: BenchmarkConfig, cells: Sequence[Cell], out: Path, count: int, bar: Bar) -> dict[str, str]:
    """Do the cells in `count` processes; returns the reason for each cell (by id) that could not be done.

    What a cell says while it works goes into `logs/`. On Ctrl-C the workers stop at once: their cells go on from
    their checkpoints another time.
    """
    left, failures = list(cells), dict[str, str]()
    crew: list[Worker] = []
    try:
        while left or any(worker.cell for worker in crew):
            while left and sum(worker.cell is not None for worker in crew) < count:
                give(config, left, crew, out, count)
            for pipe in connection.wait([worker.pipe for worker in crew if worker.cell]):
                worker = next(w for w in crew if w.pipe is pipe)
                assert worker.cell is not None
                try:
                    reason, note = worker.pipe.recv()
                except (EOFError, OSError):
                    worker.process.join()
                    crew.remove(worker)
                    reason, note = f"its process ended ({ending(worker.process.exitcode)})", ""
                if reason:
                    failures[worker.cell.id] = reason
                    say(f"{worker.cell.id}: {reason}")
                bar.advance(1, f"{worker.cell.id} {note}")
                worker.cell = None
    finally:
        for worker in crew:
            worker.pipe.close()
            if worker.cell is not None:
                worker.process.kill()
            worker.process.join()
    return failures


def give(config: BenchmarkConfig, left: list[Cell], crew: list[Worker], out: Path, count: int) -> None:
    """Give the next cell to a worker who holds its student, to a new one, or to any that is free."""

    def student(cell: Cell) -> str | None:
        return getattr(config.systems[cell.system], "student", None)

    free = [worker for worker in crew if worker.cell is None]
    fit = [(worker, cell) for worker in free for cell in left if student(cell) == worker.student]
    if fit:
        worker, cell = fit[0]
    elif len(crew) < count:
        worker, cell = start(config, out, count), left[0]
        crew.append(worker)
    else:
        worker, cell = free[0], left[0]
    left.remove(cell)
    worker.cell, worker.student = cell, student(cell) or worker.student
    try:
        worker.pipe.send(cell)
    except OSError:  # it died between two cells: the next worker gets this one
        left.insert(0, cell)
        crew.remove(worker)


def start(config: BenchmarkConfig, out: Path, count: int) -> Worker:
    """A fresh process: forking one that has torch's threads would hang."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=serve, args=(theirs, os.getpid(), config, out, count), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def serve(pipe: Any, parent: int, config: BenchmarkConfig, out: Path, count: int) -> None:
    """A worker's life: a cell comes, its reason to have failed (or "") and its F1 go, until the pipe is closed."""
    from aspectra.benchmark.cells import Held
    from aspectra.benchmark.cells import work as do

    threading.Thread(target=outlive, args=(parent,), daemon=True).start()
    share_cores(count)
    held = Held()
    while True:
        try:
            cell = pipe.recv()
        except EOFError:
            return
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # asyncio puts its own in place for a while
        reason = note = ""
        with logged(out / "logs" / f"{cell.id}.txt"):
            try:
                result = do(config, cell, out, held)
                note = f"strict F1 {100 * next(s.f1 for s in result.scores if s.subset == 'all'):.2f}"
            except AspectraError as error:
                reason = str(error)
            except Exception as error:
                import traceback

                traceback.print_exc()
                reason = f"{type(error).__name__}: {error} (see logs/{cell.id}.txt)"
        pipe.send((reason, note))


def outlive(parent: int) -> None:
    """End with the parent. Polled, because a pipe's end may be inherited by other children."""
    import time

    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)


def share_cores(count: int) -> None:
    """Of several workers each takes its share of the cores, unless OMP_NUM_THREADS says otherwise."""
    if count > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // count)))


@contextlib.contextmanager
def logged(path: Path) -> Iterator[None]:
    """What is said meanwhile goes into a file: the terminal is the parent's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        before, sys.stderr = sys.stderr, stream
        try:
            yield
        finally:
            sys.stderr = before


def ending(code: int | None) -> str:
    """A process's end in words."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"signal {name}" + (", perhaps for want of memory" if name == "SIGKILL" else "")
    return f"exit code {code}"
