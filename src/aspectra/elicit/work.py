"""One run's asking: many requests in flight, each answer judged and stored before the next is counted.

Called by `aspectra.elicit.engine` only.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator

from aspectra.config import ElicitConfig
from aspectra.elicit import parse, prompt
from aspectra.elicit.budget import Budget
from aspectra.elicit.nearest import Nearest
from aspectra.elicit.store import Ask, Outcome, Pending, Store
from aspectra.elicit.teacher import AbsentError, Question, Reply, RowError, Teacher
from aspectra.errors import AspectraError, UserError
from aspectra.progress import Bar, progress, say

BATCH = 1000  # answers of an instant teacher that share a transaction
GONE = 10  # rows in a row (at least) that meet no endpoint before the run gives up


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
        self._demonstrations = demonstrations
        self._nearest: dict[str, Nearest] = {}
        self._total = store.left(run, asks, config.retry_rejected)
        self._pending = store.pending(run, asks, config.retry_rejected)
        self.fatal: AspectraError | None = None
        self.interrupted = False
        self.saved = 0
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._counts = dict.fromkeys(("done", "rejected", "failed", "absent"), 0)
        self._tokens = 0
        self._heard = False  # anything at all from the teacher
        self._gone = 0  # rows in a row that met no endpoint
        self._began = time.monotonic()

    async def all(self) -> None:
        """Ask everything that is pending, or stop early: an error, Ctrl-C, the budget."""
        try:
            if not self._total:
                return
            with progress("elicit", self._total) as bar, self._interruptible():
                if self._teacher.instant:
                    await self._replay(bar)
                    return
                crew = min(self._config.concurrency, self._total)
                self._tasks = [asyncio.create_task(self._worker(bar)) for _ in range(crew)]
                for result in await asyncio.gather(*self._tasks, return_exceptions=True):
                    if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                        raise result
        finally:
            await self._teacher.close()

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
        self._budget.wake()

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

    async def _worker(self, bar: Bar) -> None:
        while not self._stopping:
            pending = next(self._pending, None)
            if pending is None:
                return
            try:
                outcome = await self._outcome(pending)
                if outcome is not None:
                    self._save([outcome], bar)
            except AspectraError as error:
                # The others finish what they have in flight: it may be paid for.
                self.fatal = self.fatal or error
                self._stop()

    def _save(self, outcomes: list[Outcome], bar: Bar) -> None:
        if not outcomes:
            return
        self._store.save(outcomes)
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
        if self._budget.priced and not self._teacher.instant:
            finished = sum(self._counts.values())
            projected = self._budget.spent + self._budget.here / finished * (self._total - finished)
            parts.append(f"${self._budget.spent:.4f} of about ${projected:.4f}")
        return ", ".join(parts)

    async def _outcome(self, pending: Pending) -> Outcome | None:
        """Ask until an answer is valid or the attempts are used up; None where money or patience ended before."""
        ask, outcome = pending.ask, Outcome(pending.request, "failed")
        messages = [] if self._teacher.instant else self._render(pending)
        size = sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
        for attempt in range(self._config.attempts):
            reserved = await self._budget.reserve(size, lambda: self._stopping)
            if reserved is None:
                self._stop()
                return outcome if outcome.attempts else None
            reply: Reply | None = None
            try:
                reply = await self._teacher.ask(
                    Question(ask.kind, pending.text, messages, ask.kind == "extraction", attempt)
                )
            except AbsentError:
                outcome.status = "absent"
                return outcome
            except RowError as failure:
                self._missed(failure)
                outcome.attempts += 1
                if outcome.attempts == 1:  # an earlier answer, though rejected, says more than none
                    outcome.reason = str(failure)
                return outcome
            finally:
                cost = self._budget.settle(reserved, size, reply)
            self._heard, self._gone = True, 0
            self._judge(outcome, pending, reply, cost)
            if outcome.status == "done":
                break
        return outcome

    def _render(self, pending: Pending) -> prompt.Messages:
        config, kind, shown = self._config, pending.ask.kind, self._demonstrations
        if config.nearest is not None:
            if kind not in self._nearest:
                self._nearest[kind] = Nearest([each for each in shown if each.kind == kind], config.nearest)
            shown = self._nearest[kind].pick(pending.text)
        return prompt.render(kind, pending.text, pending.ask.prompt_version, config.task, config.categories, shown)

    def _judge(self, outcome: Outcome, pending: Pending, reply: Reply, cost: float | None) -> None:
        answer, thinking = parse.strip_thinking(reply.text)
        text, reason = parse.validate(pending.ask.kind, answer, pending.text, reply.finish_reason)
        outcome.status = "done" if reason is None else "rejected"
        outcome.text, outcome.raw, outcome.reason = text, reply.text, reason
        outcome.finish_reason = reply.finish_reason
        outcome.tokens_in, outcome.tokens_out = reply.tokens_in, reply.tokens_out
        outcome.model, outcome.prompt_version = reply.model, reply.prompt_version
        outcome.thinking += thinking + reply.thinking
        outcome.attempts += 1
        if not self._teacher.instant:
            outcome.spent_in += reply.tokens_in or 0
            outcome.spent_out += reply.tokens_out or 0
            if cost is not None:
                outcome.cost = (outcome.cost or 0.0) + cost

    def _missed(self, failure: RowError) -> None:
        """End the run where there is no endpoint at all, rather than fail a million rows one by one."""
        if not failure.unreachable:
            self._heard, self._gone = True, 0
            return
        self._gone += 1
        if not self._heard:
            raise UserError(f"no endpoint answers: {failure}; is the server running, and --base-url right?")
        if self._gone >= max(GONE, 2 * self._config.concurrency):
            raise AspectraError(f"the endpoint went away: {failure}; the same command goes on when it is back")
