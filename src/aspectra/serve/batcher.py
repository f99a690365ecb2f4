"""Batches requests: a bounded queue, and one thread that calls the model.

The event loop adds work (`Batcher.submit`) and gets the answers. The thread takes what has arrived, after a short wait
for as much as last time. Called by `aspectra.serve.app`. Does not depend on HTTP.
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

WIDTH = 200  # characters per place in a batch: a long text takes several places
CHOICE = 4  # number of batches whose jobs are sorted by length together
HOLD = 0.2  # weight of the newest batch in the moving average of the pace
LONGEST = 60  # maximum of Retry-After, in seconds

log = logging.getLogger("aspectra.serve")


class FullError(AspectraError):
    """The queue is full; `retry_after` is the number of seconds until there should be room."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many texts are waiting; try again in {retry_after} s")
        self.retry_after = retry_after


class StoppingError(AspectraError):
    """No new work is accepted: the service is stopping, or its thread has ended."""


class Group:
    """The items of one request: their answers so far, and a future for all of them."""

    def __init__(self, count: int) -> None:
        self.loop = asyncio.get_running_loop()
        self.answers: list[Any] = [None] * count
        self.missing = count
        self.future: asyncio.Future[list[Any]] = self.loop.create_future()

    def settle(self, number: int, answer: Any) -> None:
        """Store an answer; an exception fails the whole request."""
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
    """`size`: places in a batch; `wait`: seconds to wait for more items; `room`: items in the queue.

    A request may take `patience` seconds. `watch` gets, for every batch, its number of items and its seconds.
    """

    def __init__(
        self, size: int, wait: float, room: int, patience: float = math.inf, watch: Watch = lambda *_: None
    ) -> None:
        self.size, self.wait, self.room, self.patience, self.watch = size, wait, room, patience, watch
        self.queue: deque[Job] = deque()
        self.arranged = 0  # jobs at the head of the queue that are sorted by length
        self.expected = 1  # jobs: as many as the last batch had
        self.changed = threading.Condition()
        self.stopping = False
        self.characters = 0  # in the queue
        self.paces: dict[Ask, float] = {}  # seconds per character, by function
        self.busy_since: float | None = None
        self.thread = threading.Thread(target=self.run, name="aspectra-model", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """Accept nothing more, and wait until accepted work is done."""
        with self.changed:
            self.stopping = True
            self.changed.notify()
        self.thread.join(timeout)

    @property
    def healthy(self) -> bool:
        """Whether work is accepted and the model is not stuck."""
        since = self.busy_since
        stuck = since is not None and time.monotonic() - since > 2 * self.patience
        return self.thread.is_alive() and not self.stopping and not stuck

    async def submit(self, ask: Ask, items: Sequence[tuple[Any, int]]) -> list[Any]:
        """The results of `ask` for each item; items come with their size in characters.

        `ask` gets a list of items, possibly of several requests, and returns one answer for each; an answer that is an
        exception is raised to its caller. Raises FullError if there is no room, or if the queued work would take longer
        than a request may; StoppingError after `stop`. If cancelled, items that have not started are dropped.
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
        """The thread's loop: until it is stopped and the queue is empty."""
        while batch := self.take():
            wanted = [job for job in batch if not job.group.future.done()]
            for ask in dict.fromkeys(job.ask for job in wanted):
                self.work(ask, [job for job in wanted if job.ask == ask])

    def take(self) -> list[Job]:
        """The next batch; empty at the end.

        A model reads texts of similar length faster together. So the jobs that have waited longest, enough for a few
        batches, are sorted by length, and all of them are served before later ones.
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
            self.expected = len(batch)
            self.characters -= sum(job.size for job in batch)
            return batch

    @property
    def full(self) -> bool:
        """Whether the next batch need not wait: as many jobs are there as last time, or as it can hold. So a lone
        client never waits for others, and many clients that all wait for their answers are read together."""
        return len(self.queue) >= min(self.size, self.expected) or self.characters >= self.size * WIDTH

    def work(self, ask: Ask, jobs: list[Job]) -> None:
        """Run a batch and hand out the answers."""
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
        """The answers. If a batch fails, its items run one by one, so that one bad item does not fail the rest."""
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
    """The number of places that an item takes in a batch."""
    return 1 + job.size // WIDTH


def hand_out(pairs: list[tuple[Job, Any]]) -> None:
    for job, answer in pairs:
        job.group.settle(job.number, answer)
