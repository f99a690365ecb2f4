"""One run's asking: many requests in flight, each answer judged, and counted once it is stored.

When a request may go out is for `pace.py` to say, what it may cost for `budget.py`, when its answer is safe for
`commits.py`. Called by `aspectra.elicit.engine` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator

from aspectra.config import ElicitConfig
from aspectra.elicit import parse, prompt, queue
from aspectra.elicit.budget import Budget
from aspectra.elicit.commits import Commits
from aspectra.elicit.nearest import Prompts, size
from aspectra.elicit.pace import Pace
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.elicit.teacher import AbsentError, Question, Reply, RowError, Teacher, TryError
from aspectra.errors import AspectraError
from aspectra.progress import Bar, progress, say

BATCH = 1000  # answers of an instant teacher that share a transaction


class Work:
    """The workers share the iterator of pending requests, the budget and the bar.

    After `all()`: `fatal` is the error that ended the run, `interrupted` says that Ctrl-C did, `saved` counts answers.
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
        self._prompts = Prompts(config, demonstrations)
        self._pace = Pace(config)
        self._total = queue.left(store, run, asks, config.retry_rejected)
        self._pending = queue.pending(store, run, asks, config.retry_rejected)
        self.fatal: AspectraError | None = None
        self.interrupted = False
        self.saved = 0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._counts = dict.fromkeys(("done", "rejected", "failed", "absent"), 0)
        self._tokens = 0
        self._began = time.monotonic()

    async def all(self) -> None:
        """Ask everything that is pending, or stop early: an error, Ctrl-C, the budget."""
        if not self._total:
            return
        with progress("elicit", self._total) as bar, self._interruptible():
            if self._teacher.instant:
                await self._replay(bar)
                return
            crew = min(self._config.concurrency, self._total)
            async with Commits(self._store, lambda stored: self._stored(stored, bar), self._end) as commits:
                self._tasks = [asyncio.create_task(self._worker(commits)) for _ in range(crew)]
                for result in await asyncio.gather(*self._tasks, return_exceptions=True):
                    if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                        raise result

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """The first Ctrl-C stops after what is in flight, the second at once."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if self.interrupted:
                for task in self._tasks:
                    task.cancel()
                return
            self.interrupted = True
            self._stop()
            say("stopping once the answers in flight are stored (Ctrl-C again: at once, they are lost)")

        try:
            loop.add_signal_handler(signal.SIGINT, stop)
        except (ValueError, RuntimeError, NotImplementedError):  # not the main thread, or Windows
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _stop(self) -> None:
        self._stopping = True
        self._pace.stop()
        self._budget.wake()

    def _end(self, error: AspectraError) -> None:
        """Stop for an error. The others finish what they have in flight: it may be paid for."""
        self.fatal = self.fatal or error
        self._stop()

    async def _replay(self, bar: Bar) -> None:
        batch: list[Outcome] = []
        for pending in self._pending:
            outcome = await self._outcome(pending)
            if outcome is not None:
                batch.append(outcome)
            if len(batch) >= BATCH:
                self._save(batch, bar)
                batch = []
                await asyncio.sleep(0)  # lets Ctrl-C be heard
                if self._stopping:
                    return
        self._save(batch, bar)

    async def _worker(self, commits: Commits) -> None:
        try:
            while not self._stopping and (pending := next(self._pending, None)) is not None:
                outcome = await self._outcome(pending)
                if outcome is not None:
                    await commits.add(outcome)
        except AspectraError as error:
            self._end(error)
        except Exception:
            self._stop()
            raise

    def _save(self, outcomes: list[Outcome], bar: Bar) -> None:
        if outcomes:
            self._store.save(outcomes)
            self._stored(outcomes, bar)

    def _stored(self, outcomes: list[Outcome], bar: Bar) -> None:
        self.saved += len(outcomes)
        for outcome in outcomes:
            self._counts[outcome.status] += 1
            self._tokens += outcome.spent_out
        bar.advance(len(outcomes), self._note())

    def _note(self) -> str:
        parts = [f"{self._counts[name]} {name}" for name in ("done", "rejected", "failed")]
        if self._counts["absent"]:
            parts.append(f"{self._counts['absent']} absent")
        if not self._teacher.instant:
            parts.append(f"{self._tokens / max(1e-9, time.monotonic() - self._began):.0f} tokens/s")
            if self._pace.limit < self._config.concurrency:
                parts.append(f"{self._pace.limit} at a time")
        if self._budget.priced and not self._teacher.instant:
            finished = sum(self._counts.values())
            projected = self._budget.spent + self._budget.here / finished * (self._total - finished)
            parts.append(f"${self._budget.spent:.4f} of about ${projected:.4f}")
        return ", ".join(parts)

    async def _outcome(self, pending: queue.Pending) -> Outcome | None:
        """Ask until an answer is valid or the attempts are used up; None where the run ended before."""
        ask, outcome = pending.ask, Outcome(pending.request, "failed")
        messages = [] if self._teacher.instant else self._prompts.messages(ask, pending.text)
        bytes_in = size(messages)
        for attempt in range(self._config.attempts):
            question = Question(ask.kind, pending.text, messages, ask.kind == "extraction", attempt)
            try:
                if self._teacher.instant:
                    found: tuple[Reply, float | None] | None = (await self._teacher.ask(question), None)
                else:
                    found = await self._reply(question, bytes_in)
            except AbsentError:
                outcome.status = "absent"
                return outcome
            except RowError as failure:
                outcome.attempts += 1
                if outcome.attempts == 1:  # an earlier answer, though rejected, says more than none
                    outcome.reason = str(failure)
                return outcome
            except AspectraError as error:
                self._end(error)
                found = None
            if found is None:  # what earlier attempts brought is paid for
                return outcome if outcome.attempts else None
            judge(outcome, ask.kind, pending.text, *found, paid=not self._teacher.instant)
            if outcome.status == "done":
                break
        return outcome

    async def _reply(self, question: Question, size: int) -> tuple[Reply, float | None] | None:
        """One answer, through the faults that pass, and what it cost; None where the run is stopping.

        Raises RowError where the tries or the time of the row are used up.
        """
        tries, used = 0, 0.0
        while True:
            reserved = await self._budget.reserve(size, lambda: self._stopping)
            if reserved is None:
                self._stop()
                return None
            reply, cost = None, None
            try:
                turn = await self._pace.turn(size)
                if turn is None:
                    return None
                began = time.monotonic()
                try:
                    reply = await self._teacher.ask(question)
                    self._pace.answered(turn, size, reply)
                except RowError:
                    self._pace.alive()
                    raise
                except TryError as fault:
                    tries += self._pace.failed(turn, fault)
                    reason = str(fault)
                finally:
                    used += time.monotonic() - began
            finally:
                cost = self._budget.settle(reserved, size, reply)
            if reply is not None:
                return reply, cost
            if tries > self._config.retries:
                raise RowError(reason)
            if used > self._config.row_timeout:
                raise RowError(f"no answer in {self._config.row_timeout:g} s (--row-timeout), last: {reason}")
            used += await self._pace.sleep(max(0, tries - 1))


def judge(outcome: Outcome, kind: str, review: str, reply: Reply, cost: float | None, paid: bool = True) -> None:
    """Fill in an outcome from an answer: valid or not and why, and, where it is paid, what it took besides."""
    answer, thinking = parse.strip_thinking(reply.text)
    text, reason = parse.validate(kind, answer, review, reply.finish_reason)
    outcome.status = "done" if reason is None else "rejected"
    outcome.text, outcome.raw, outcome.reason = text, reply.text, reason
    outcome.finish_reason = reply.finish_reason
    outcome.tokens_in, outcome.tokens_out = reply.tokens_in, reply.tokens_out
    outcome.model, outcome.prompt_version = reply.model, reply.prompt_version
    outcome.thinking += thinking + reply.thinking
    outcome.attempts += 1
    if paid:
        outcome.spent_in += reply.tokens_in or 0
        outcome.spent_out += reply.tokens_out or 0
        if cost is not None:
            outcome.cost = (outcome.cost or 0.0) + cost
