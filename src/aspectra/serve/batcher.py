"""Requests that come one by one, answered in batches: a bounded queue, and one thread that asks the model.

The event loop puts work in (`Batcher.submit`) and gets answers back; the thread takes as much as came meanwhile, and
waits a moment for company. Called by `aspectra.serve.app`. Knows nothing of HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aspectra.errors import AspectraError

Ask = Callable[[list[Any]], Sequence[Any]]
Watch = Callable[[int, float], object]

WIDTH = 200  # characters that a place in a batch stands for: a long text takes several places
CHOICE = 4  # batches' worth of jobs that are put in order of length
HOLD = 0.2  # how much the newest batch says about the pace
LONGEST = 60  # seconds that a client is told to wait at most

log = logging.getLogger("aspectra.serve")


class FullError(AspectraError):
    """The queue is full; `retry_after` says in how many seconds it should no longer be."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many texts are waiting; try again in {retry_after} s")
        self.retry_after = retry_after


class StoppingError(AspectraError):
    """Nothing new is taken: the service is stopping, or its thread has ended."""


class Group:
    """The items of one request: answers as they come, and a future for all of them."""

    def __init__(self, count: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.answers: list[Any] = [None] * count
        self.missing = count
        self.future: asyncio.Future[list[Any]] = self.loop.create_future()

    def settle(self, number: int, answer: Any) -> None:
        """Put an answer in its place; an exception ends the whole request."""
        if self.future.done():
            return
        if isinstance(answer, Exception):
            self.future.set_exception(answer)
            return
        self.answers[number] = answer
        self.missing -= 1
        if not self.missing:
            self.future.set_result(self.answers)


class Job(NamedTuple):
    """An item in the queue."""

    ask: Ask
    item: Any
    size: int
    group: Group
    number: int


class Batcher:
    """`size` places in a batch, `wait` seconds for company, `room` items in the queue.

    A request has `patience` seconds. `watch` is told of every batch how many items it had and how many seconds it took.
    """

    def __init__(
        self, size: int, wait: float, room: int, patience: float = math.inf, watch: Watch = lambda *_: None
    ) -> None:
        self.size, self.wait, self.room, self.patience, self.watch = size, wait, room, patience, watch
        self.queue: deque[Job] = deque()
        self.arranged = 0  # jobs at the head of the queue that are in order of length
        self.changed = threading.Condition()
        self.stopping = False
        self.characters = 0  # in the queue
        self.paces: dict[Ask, float] = {}  # seconds a character, by what is asked
        self.busy_since: float | None = None
        self.thread = threading.Thread(target=self.run, name="aspectra-model", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Take nothing more, finish what was taken, wait for that."""
        with self.changed:
            self.stopping = True
            self.changed.notify()
        self.thread.join(timeout)

    @property
    def healthy(self) -> bool:
        """Whether work is taken, and the model is not stuck."""
        since = self.busy_since
        stuck = since is not None and time.monotonic() - since > 2 * self.patience
        return self.thread.is_alive() and not self.stopping and not stuck

    async def submit(self, ask: Ask, items: Sequence[tuple[Any, int]]) -> list[Any]:
        """What `ask` answers to each item; items come with their size in characters.

        `ask` gets a list of items, possibly of several requests, and gives an answer for each: one that is an exception
        is raised to whoever asked. Raises FullError where there is no room, or where what waits already would take
        longer than a request may; StoppingError after `stop`. Cancelled, what has not begun is not asked any more.
        """
        group = Group(len(items))
        with self.changed:
            if self.stopping or not self.thread.is_alive():
                raise StoppingError("the service is stopping")
            ahead = sum(job.size * self.paces.get(job.ask, 0.0) for job in self.queue)
            if self.queue and (len(self.queue) + len(items) > self.room or ahead > self.patience):
                raise FullError(max(1, min(LONGEST, math.ceil(ahead))))
            self.queue.extend(Job(ask, item, size, group, number) for number, (item, size) in enumerate(items))
            self.characters += sum(size for _, size in items)
            self.changed.notify()
        return await group.future

    def run(self) -> None:
        """The thread: until it is stopped and the queue is empty."""
        while batch := self.take():
            wanted = [job for job in batch if not job.group.future.done()]
            for ask in dict.fromkeys(job.ask for job in wanted):
                self.work(ask, [job for job in wanted if job.ask == ask])

    def take(self) -> list[Job]:
        """The next batch; empty where there will be none.

        A model reads texts of like length quicker together: a few batches' worth of who waits longest is put in order
        of length, and all of it goes before anybody who came later.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.queue or self.stopping)
            self.changed.wait_for(lambda: self.full or self.stopping, self.wait)
            if not self.arranged:
                self.arranged = min(len(self.queue), CHOICE * self.size)
                first = sorted((self.queue.popleft() for _ in range(self.arranged)), key=lambda job: job.size)
                self.queue.extendleft(reversed(first))
            batch: list[Job] = []
            left = self.size
            while self.queue and (not batch or left >= places(self.queue[0])):
                batch.append(self.queue.popleft())
                left -= places(batch[-1])
            self.arranged = max(0, self.arranged - len(batch))
            self.characters -= sum(job.size for job in batch)
            return batch

    @property
    def full(self) -> bool:
        return len(self.queue) >= self.size or self.characters >= self.size * WIDTH

    def work(self, ask: Ask, jobs: list[Job]) -> None:
        """Ask about the items of a batch and hand the answers out."""
        self.busy_since = started = time.monotonic()
        answers = self.answered(ask, [job.item for job in jobs])
        spent = time.monotonic() - started
        self.busy_since = None
        pace = spent / max(1, sum(job.size for job in jobs))
        before = self.paces.get(ask)
        self.paces[ask] = pace if before is None else (1 - HOLD) * before + HOLD * pace
        self.watch(len(jobs), spent)
        loops: dict[asyncio.AbstractEventLoop, list[tuple[Job, Any]]] = {}
        for job, answer in zip(jobs, answers, strict=True):
            loops.setdefault(job.group.loop, []).append((job, answer))
        for loop, pairs in loops.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(hand_out, pairs)

    def answered(self, ask: Ask, items: list[Any]) -> list[Any]:
        """The answers; where a batch fails its items are asked about one by one, so that one cannot spoil the rest."""
        try:
            answers = list(ask(items))
            if len(answers) != len(items):
                raise RuntimeError(f"the model gave {len(answers)} answers to {len(items)} questions")
            return answers
        except Exception as error:
            if len(items) > 1:
                return [answer for item in items for answer in self.answered(ask, [item])]
            log.exception("the model failed")
            return [error]


def places(job: Job) -> int:
    """How many places of a batch an item takes."""
    return 1 + job.size // WIDTH


def hand_out(pairs: list[tuple[Job, Any]]) -> None:
    for job, answer in pairs:
        job.group.settle(job.number, answer)
