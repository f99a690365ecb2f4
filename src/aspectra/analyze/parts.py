"""The long part of `analyze`: the reviews' opinions in files of some reviews each, whole or absent.

Called by `aspectra.analyze.analysis`. A part is JSONL, a line a review: `{"row", "cut", "opinions"}`. One that is there
is not made again, so that a killed run loses what its workers had in hand and no more.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

from aspectra.analyze.opinions import Found, Opinion, extract
from aspectra.analyze.source import Source
from aspectra.analyze.table import Entry, Reading
from aspectra.cluster import Cluster
from aspectra.errors import AspectraError, UserError
from aspectra.parent import outlive
from aspectra.progress import progress, say
from aspectra.readers.extraction import Extractor
from aspectra.tables import read_jsonl, write_jsonl

SIZE = 128  # reviews in a part: a slow student takes a minute for them
AHEAD = 2  # parts that wait for each worker


class Block(NamedTuple):
    """The reviews of one part: their numbers and texts."""

    path: Path
    rows: list[int]
    texts: list[str]


def work(
    reading: Reading, total: int, folder: Path, source: Source, workers: int, cluster: Cluster | None = None
) -> None:
    """Make the parts that are not there yet; of `total` reviews, those of parts that are there are passed over.

    In `workers` processes, or on a cluster. Raises AspectraError where a worker process died.
    """
    there = min(total, SIZE * sum(1 for _ in folder.glob("*.part")))
    if there:
        say(f"going on: {there:,} of {total:,} reviews are done")
    todo = blocks(reading.entries(), folder, SIZE)
    first = next(todo, None)
    if first is None:
        return
    todo = itertools.chain([first], todo)
    with progress("reviews", total - there) as bar:
        if cluster is not None:
            from aspectra.analyze.parts_ray import across

            done = across(reading, folder, SIZE, source, cluster)
        else:
            done = alone(todo, source) if workers == 1 else shared(todo, source, workers)
        for block in done:
            bar.advance(len(block.rows))


def blocks(entries: Iterable[Entry], folder: Path, size: int) -> Iterator[Block]:
    """The parts to make, of so many reviews each, in their order."""
    supply = iter(entries)
    for number in itertools.count():
        some = list(itertools.islice(supply, size))
        if not some:
            return
        path = folder / f"{number:07d}.part"
        if not path.exists():
            yield Block(path, [entry.row for entry in some], [entry.text for entry in some])


def alone(todo: Iterable[Block], source: Source) -> Iterator[Block]:
    """Make the parts in this process."""
    predictor = source.load()
    for block in todo:
        make(block, predictor)
        yield block


def shared(todo: Iterable[Block], source: Source, workers: int) -> Iterator[Block]:
    """Make the parts in processes that each hold a predictor; few are sent ahead, so that memory stays small."""
    waiting: deque[tuple[Block, Future[None]]] = deque()
    # Spawned: forking a process that has the threads of a model would hang.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), begin, (source, os.getpid()))
    try:
        for block in todo:
            if len(waiting) >= workers * AHEAD:
                yield finished(*waiting.popleft())
            waiting.append((block, pool.submit(serve, block)))
        while waiting:
            yield finished(*waiting.popleft())
    except BrokenProcessPool:
        raise AspectraError(
            "a worker process ended, perhaps for want of memory; the same command, with fewer --workers, goes on "
            "from here"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def finished(block: Block, future: Future[None]) -> Block:
    future.result()
    return block


_source: list[Source] = []
_predictor: list[Extractor] = []


def begin(source: Source, parent: int) -> None:
    """A worker's start: it ends with its parent, and at once on Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=outlive, args=(parent,), daemon=True).start()
    _source[:] = [source]


def serve(block: Block) -> None:
    """Make one part in a worker. The predictor is loaded here, where an error of its own reaches the parent."""
    if not _predictor:
        try:
            _predictor.append(_source[0].load())
        except UserError as error:
            raise UserError(str(error)) from None  # some of its kinds cannot be sent to the parent
    make(block, _predictor[0])


def make(block: Block, predictor: Extractor) -> None:
    write_jsonl(block.path, lines(block, predictor))


def lines(block: Block, predictor: Extractor) -> list[dict[str, Any]]:
    """What a part holds."""
    found = extract(block.texts, predictor)
    return [{"row": row, "cut": one.cut, "opinions": one.opinions} for row, one in zip(block.rows, found, strict=True)]


def read(folder: Path) -> Iterator[tuple[int, Found]]:
    """What the parts hold, review by review: (number of the review in its file, what was found)."""
    for path in sorted(folder.glob("*.part")):
        for line in read_jsonl(path):
            yield line["row"], Found([Opinion(*values) for values in line["opinions"]], line["cut"])
