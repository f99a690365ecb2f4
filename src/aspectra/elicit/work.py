"""Sends the requests of a run from this process: many in flight, each counted once its answer is stored.

`asking.py` turns one request into an outcome, `pace.py` decides when it is sent, `budget.py` what it may cost, and
`commits.py` stores its answer. Called by `aspectra.elicit.engine` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt, queue
from aspectra.elicit.asking import Asking
from aspectra.elicit.budget import Budget
from aspectra.elicit.commits import Commits
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.elicit.tally import Tally
from aspectra.errors import AspectraError
from aspectra.progress import Bar, progress, say
from aspectra.teachers.teacher import Teacher

BATCH = 256  # requests to an instant teacher at once; their answers share a transaction


class Work:
    """The workers share the iterator of pending requests, the budget and the bar.

    `interrupted`: Ctrl-C ended the run.
    """

    def __init__(
        self,
        store: Store,
        teacher: Teacher,
        config: ElicitConfig,
        asks: list[Ask],
        run: int,
        demonstrations: tuple[prompt.Demonstration, ...],
        budget: Budget,
    ) -> None:
        self._store, self._teacher, self._config, self._budget = store, teacher, config, budget
        self._asks = asks
        self._asking = Asking(teacher, config, demonstrations, budget)
        self._total = queue.left(store, run, asks, config.retry_rejected)
        self._pending = queue.pending(store, run, asks, config.retry_rejected)
        self.interrupted = False
        self._tally = Tally()
        self._tasks: Sequence[asyncio.Task[Any]] = ()

    @property
    def fatal(self) -> AspectraError | None:
        """The error that ended the run."""
        return self._asking.fatal

    @property
    def saved(self) -> int:
        """Number of answers on disk."""
        return self._tally.total

    async def all(self) -> None:
        """Ask everything that is pending, or stop early: an error, Ctrl-C, the budget."""
        if not self._total:
            return
        with progress("elicit", self._total) as bar, self._interruptible():
            if self._teacher.instant:
                await self._replay(bar)
                return
            crew = min(self._config.concurrency, self._total)
            async with Commits(self._store, lambda stored: self._stored(stored, bar), self._asking.end) as commits:
                self._tasks = [asyncio.create_task(self._worker(commits)) for _ in range(crew)]
                for result in await asyncio.gather(*self._tasks, return_exceptions=True):
                    if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                        raise result
                await self._refused(commits)

    async def _refused(self, commits: Commits) -> None:
        """Store the refused rows that were held back, once everything was asked."""
        if self._asking.stopping:
            return
        try:
            for outcome in self._asking.refusals.rest(known=queue.answered(self._store, self._asks)):
                await commits.add(outcome)
        except AspectraError as error:
            self._asking.end(error)

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C stops after requests in flight, the second at once."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if self.interrupted:
                for task in self._tasks:
                    task.cancel()
                return
            self.interrupted = True
            self._asking.stop()
            say("stopping after the answers in flight are stored (Ctrl-C again stops at once and loses them)")

        try:
            loop.add_signal_handler(signal.SIGINT, stop)
        except (ValueError, RuntimeError, NotImplementedError):  # not the main thread, or Windows
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    async def _replay(self, bar: Bar) -> None:
        while not self._asking.stopping and (some := list(itertools.islice(self._pending, BATCH))):
            self._tasks = tasks = [asyncio.create_task(self._asking.outcome(pending)) for pending in some]
            found = await asyncio.gather(*tasks, return_exceptions=True)
            self._save([outcome for outcome in found if isinstance(outcome, Outcome)], bar)
            for outcome in found:
                if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                    raise outcome

    async def _worker(self, commits: Commits) -> None:
        try:
            while not self._asking.stopping and (pending := next(self._pending, None)) is not None:
                outcome = await self._asking.outcome(pending)
                for each in [*self._asking.refusals.released(), *([outcome] if outcome is not None else [])]:
                    await commits.add(each)
        except AspectraError as error:
            self._asking.end(error)
        except Exception:
            self._asking.stop()
            raise

    def _save(self, outcomes: list[Outcome], bar: Bar) -> None:
        if outcomes:
            self._store.save(outcomes)
            self._stored(outcomes, bar)

    def _stored(self, outcomes: list[Outcome], bar: Bar) -> None:
        self._tally.add(outcomes)
        bar.advance(len(outcomes), self._note())

    def _note(self) -> str:
        parts = [self._tally.note(not self._teacher.instant)]
        if not self._teacher.instant and self._asking.pace.limit < self._config.concurrency:
            parts.append(f"{self._asking.pace.limit} at a time")
        if self._budget.priced and not self._teacher.instant:
            finished = self._tally.total
            projected = self._budget.spent + self._budget.here / finished * (self._total - finished)
            parts.append(f"${self._budget.spent:.4f} of about ${projected:.4f}")
        return ", ".join(parts)
