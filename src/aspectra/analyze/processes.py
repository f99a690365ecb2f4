"""Makes parts on this machine: in this process, or in several processes with a predictor each.

Called by `aspectra.analyze.reading`.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

from aspectra.analyze import parts
from aspectra.analyze.parts import Block
from aspectra.errors import AspectraError, UserError
from aspectra.parent import outlive
from aspectra.readers.extraction import Extractor

AHEAD = 2  # parts queued for each worker


def alone(blocks: Iterable[Block], load: Callable[[], Extractor]) -> Iterator[int]:
    """Make the parts in this process; yields the number of reviews of each part when it is done.

    The next part is begun before the last one is written, so that the model does not wait for this.
    """
    predictor = load()
    write: Callable[[], int] | None = None
    for block in blocks:
        begun = parts.begin(block, predictor)
        if write is not None:
            yield write()
        write = begun
    if write is not None:
        yield write()


def shared(blocks: Iterable[Block], load: Callable[[], Extractor], workers: int) -> Iterator[int]:
    """The same in `workers` processes; only a few parts are queued, so that memory stays small.

    Raises AspectraError if a process dies.
    """
    waiting: deque[Future[int]] = deque()
    # Spawned: forking a process with the threads of a model would hang.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), begin, (load, os.getpid()))
    try:
        for block in blocks:
            if len(waiting) >= workers * AHEAD:
                yield waiting.popleft().result()
            waiting.append(pool.submit(serve, block))
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise AspectraError(
            "a worker process ended, perhaps out of memory; run the same command with fewer --workers to go "
            "on from here"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


_load: list[Callable[[], Extractor]] = []
_predictor: list[Extractor] = []


def begin(load: Callable[[], Extractor], parent: int) -> None:
    """Initialize a worker: it exits with its parent, and at once on Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=outlive, args=(parent,), daemon=True).start()
    _load[:] = [load]


def serve(block: Block) -> int:
    """Make one part in a worker. The predictor is loaded here, so that its errors reach the parent."""
    if not _predictor:
        try:
            _predictor.append(_load[0]())
        except UserError as error:
            raise UserError(str(error)) from None  # some subclasses cannot be pickled
    return parts.begin(block, _predictor[0])()
