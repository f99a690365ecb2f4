"""Runs cells in worker processes: each holds one model's weights; if one dies, only its cell fails.

Called by `protocol`. A worker exits when its parent has exited, for whatever reason, because no two processes may write
into one cell's folder. No two may ask the same LLM, whose answers have one store: its cells run one after another. No
two may pretrain the same student: of the cells that start from it, the first runs alone.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection, get_context
from pathlib import Path
from typing import Any

from aspectra.benchmark import llm, pretraining
from aspectra.benchmark.grid import Cell
from aspectra.errors import AspectraError, EndpointError
from aspectra.parent import outlive
from aspectra.progress import Bar, say
from aspectra.systems import BenchmarkConfig, LLMSystem, StudentSystem


@dataclass
class Worker:
    """A process, our end of its pipe, its current cell, and the student or LLM of its last cell."""

    process: Any
    pipe: Any
    cell: Cell | None = None
    holds: str | None = None


@dataclass(frozen=True)
class End:
    """The end of a cell: why there is no result (or ""), its F1 in words, and whether similar cells would fail too."""

    reason: str = ""
    note: str = ""
    away: bool = False


def work(config: BenchmarkConfig, cells: Sequence[Cell], out: Path, count: int, bar: Bar) -> dict[str, str]:
    """Do the cells in `count` processes; return the reason for each cell (by id) that failed.

    A cell's output goes to `logs/`. That of a student goes only there; other output is also shown at once. If an LLM's
    endpoint is down, its remaining cells are not started. On Ctrl-C, cells that ask an LLM store the requests in
    flight; the others stop at once and resume from their checkpoints in the next run. A second Ctrl-C stops all.
    """
    left, failures, made = list(cells), dict[str, str](), set[str | None]()
    needs = {cell.id: need(config, cell, out) for cell in left}
    crew: list[Worker] = []
    try:
        while left or any(worker.cell for worker in crew):
            while sum(worker.cell is not None for worker in crew) < count:
                if not give(config, left, needs, crew, out, count, made):
                    break
            for pipe in connection.wait([worker.pipe for worker in crew if worker.cell]):
                worker = next(w for w in crew if w.pipe is pipe)
                if (end := hear(worker, crew, bar)) is None:
                    continue
                cell, worker.cell = worker.cell, None
                assert cell is not None
                if end.reason:
                    failures[cell.id] = end.reason
                    say(f"{cell.id}: {end.reason}")
                else:
                    made.add(needs[cell.id])
                bar.advance(1, f"{cell.id} {end.note}")
                if end.away:
                    vain = [other for other in left if needs[other.id] == needs[cell.id]]
                    left = [other for other in left if other not in vain]
                    llms = isinstance(config.systems[cell.system], LLMSystem)
                    if vain:
                        say(f"{len(vain)} other runs of this {'LLM' if llms else 'pretraining'} are not started")
                    told = "not asked" if llms else "not started"
                    failures |= {other.id: f"{told}, as {cell.id}: {end.reason}" for other in vain}
                    bar.advance(len(vain))
    except KeyboardInterrupt:
        part(config, crew)
        raise
    finally:
        for worker in crew:
            worker.pipe.close()
            if worker.cell is not None:
                worker.process.kill()
            worker.process.join()
    return failures


def hear(worker: Worker, crew: list[Worker], bar: Bar) -> End | None:
    """Forward a worker's output; return the `End` of its cell, also if the worker died, else None."""
    assert worker.cell is not None
    try:
        said = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        crew.remove(worker)
        return End(f"its process ended ({ending(worker.process.exitcode)})")
    if isinstance(said, End):
        return said
    if isinstance(said, Tick):
        bar.tell(f"{worker.cell.id}: {said.text}")
    else:
        say(f"{worker.cell.id}: {said}")
    return None


def need(config: BenchmarkConfig, cell: Cell, out: Path) -> str | None:
    """What a worker holds for a cell: a student's weights, the store of an LLM's answers, nothing for a file."""
    system = config.systems[cell.system]
    if isinstance(system, StudentSystem):
        return str(pretraining.folder(out, cell.system, cell.seed)) if system.pretrain else system.student
    return str(llm.home(out, system)) if isinstance(system, LLMSystem) else None


def asks(config: BenchmarkConfig, worker: Worker) -> bool:
    """Whether its current cell asks an LLM."""
    return worker.cell is not None and isinstance(config.systems[worker.cell.system], LLMSystem)


def pretrains(config: BenchmarkConfig, worker: Worker) -> bool:
    """Whether its current cell pretrains its student."""
    system = worker.cell and config.systems[worker.cell.system]
    return isinstance(system, StudentSystem) and bool(system.pretrain)


def give(
    config: BenchmarkConfig,
    left: list[Cell],
    needs: dict[str, str | None],
    crew: list[Worker],
    out: Path,
    count: int,
    made: Collection[str | None] = (),
) -> bool:
    """Give the next cell to a worker that holds what it needs, to a new one, or to any idle one.

    False if there is none: all are assigned, or the remaining ones wait for the store of an LLM that is in use, or for
    a pretraining that is not yet in `made`.
    """
    taken = {worker.holds for worker in crew if asks(config, worker)}
    taken |= {worker.holds for worker in crew if pretrains(config, worker) and worker.holds not in made}
    ready = [cell for cell in left if needs[cell.id] not in taken]
    if not ready:
        return False
    free = [worker for worker in crew if worker.cell is None]
    fit = [(worker, cell) for worker in free for cell in ready if needs[cell.id] == worker.holds]
    if fit:
        worker, cell = fit[0]
    elif len(crew) < count:
        worker, cell = start(config, out, count), ready[0]
        crew.append(worker)
    else:
        worker, cell = free[0], ready[0]
    left.remove(cell)
    worker.cell, worker.holds = cell, needs[cell.id] or worker.holds
    try:
        worker.pipe.send(cell)
    except OSError:  # it died between two cells: the next worker gets this one
        left.insert(0, cell)
        crew.remove(worker)
    return True


def part(config: BenchmarkConfig, crew: list[Worker]) -> None:
    """Stop workers at once, except those that ask an LLM: their requests in flight are paid for."""
    asking = [worker for worker in crew if asks(config, worker) and worker.process.is_alive()]
    if asking:
        say("stopping after the answers in flight are stored (Ctrl-C again stops at once and loses them)")
    for worker in crew:
        if worker in asking:
            os.kill(worker.process.pid, signal.SIGINT)
        elif worker.cell is not None:
            worker.process.kill()
    for worker in asking:
        with contextlib.suppress(EOFError, OSError):
            while not isinstance(worker.pipe.recv(), End):  # drain its output, or the full pipe would block it
                pass
        worker.process.join()


def start(config: BenchmarkConfig, out: Path, count: int) -> Worker:
    """A new process, spawned: forking one with torch's threads would hang."""
    ours, theirs = get_context("spawn").Pipe()
    arguments = (theirs, os.getpid(), config, out, threads_of(count))
    process = get_context("spawn").Process(target=serve, args=arguments, daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def serve(pipe: Any, parent: int, config: BenchmarkConfig, out: Path, threads: int) -> None:
    """A worker's main loop: receives cells, sends output and an `End` for each, until the pipe is closed."""
    # Out of the terminal's process group: the parent forwards Ctrl-C once, because at two the engine loses answers.
    os.setpgrp()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=outlive, args=(parent,), daemon=True).start()
    os.environ.setdefault("OMP_NUM_THREADS", str(threads))
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        attend(pipe, config, out, threads)


def attend(pipe: Any, config: BenchmarkConfig, out: Path, threads: int) -> None:
    """Do the cells from the pipe. Raises EOFError at its end."""
    from aspectra.benchmark.cells import Held
    from aspectra.benchmark.cells import work as do

    with contextlib.closing(Held()) as held:
        while True:
            cell = pipe.recv()
            silent = isinstance(config.systems[cell.system], StudentSystem)
            with logged(out / "logs" / f"{cell.id}.txt", None if silent else pipe) as log:
                try:
                    result = do(config, cell, out, held, threads)
                    end = End(note=f"strict F1 {100 * next(s.f1 for s in result.scores if s.subset == 'all'):.2f}")
                except AspectraError as error:
                    end = End(str(error), away=isinstance(error, EndpointError | pretraining.NotPretrainedError))
                except Exception as error:
                    import traceback

                    log.pipe = None
                    traceback.print_exc()
                    end = End(f"{type(error).__name__}: {error} (see logs/{cell.id}.txt)")
            pipe.send(end)


def threads_of(count: int) -> int:
    """The threads of each of `count` workers: an equal share of the cores, unless OMP_NUM_THREADS is set."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return int(told) if told.isdecimal() and int(told) else max(1, (os.cpu_count() or 1) // count)


@dataclass(frozen=True)
class Tick:
    """The progress of a cell, in words."""

    text: str


class Log(io.TextIOWrapper):
    """A cell's output, written to a file and, if there is a pipe, sent to the parent."""

    def __init__(self, path: Path, pipe: Any) -> None:
        super().__init__(path.open("ab"), encoding="utf-8")
        # Reentrant: teachers may write from other threads, and the garbage collector may write during a send.
        self.pipe, self._lock = pipe, threading.RLock()

    def write(self, text: str, /) -> int:
        self._tell(text.strip())
        return super().write(text)

    def tick(self, text: str) -> None:
        """Receive a line of a progress bar."""
        self._tell(Tick(text))
        super().write(f"{text}\n")
        self.flush()

    def _tell(self, what: Any) -> None:
        if self.pipe is not None and what:
            with self._lock, contextlib.suppress(OSError):  # without a parent it is only in the file
                self.pipe.send(what)


@contextlib.contextmanager
def logged(path: Path, pipe: Any = None) -> Iterator[Log]:
    """Redirect output to a file, because the terminal belongs to the parent; and to the parent through a pipe."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with Log(path, pipe) as stream:
        before, sys.stderr = sys.stderr, stream
        try:
            yield stream
        finally:
            sys.stderr = before


def ending(code: int | None) -> str:
    """A process's exit in words."""
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        return f"signal {name}" + (", perhaps out of memory" if name == "SIGKILL" else "")
    return f"exit code {code}"
