"""Turns one request into its outcome: prompt, retries, attempts, validation. The caller stores the outcome.

Called by `aspectra.elicit.work` (one process with the store) and `aspectra.elicit.ray_engine` (an actor). `batches` and
`ray_vllm`, which get answers in another way, call `judge`.
"""

from __future__ import annotations

import time
from dataclasses import replace

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.elicit.budget import Budget
from aspectra.elicit.nearest import Prompts, size
from aspectra.elicit.pace import Pace
from aspectra.elicit.queue import Pending
from aspectra.elicit.refusals import Refusals
from aspectra.elicit.store import Outcome
from aspectra.elicit.thinking import strip_thinking
from aspectra.elicit.validation import STILL_REASONING, validate
from aspectra.errors import AspectraError
from aspectra.progress import say
from aspectra.teachers.teacher import NO_JSON, AbsentError, Question, Reply, RowError, Teacher, TryError


class Asking:
    """State shared by the requests of a process: teacher, pace, budget, and whether to stop.

    `fatal` is the error that ended the run.
    """

    def __init__(
        self,
        teacher: Teacher,
        config: ElicitConfig,
        demonstrations: tuple[prompt.Demonstration, ...],
        budget: Budget,
    ) -> None:
        self.teacher, self.config, self.budget = teacher, config, budget
        self.prompts, self.pace = Prompts(config, demonstrations), Pace(config)
        self.refusals = Refusals()
        self.fatal: AspectraError | None = None
        self.stopping = False
        self._told = False  # warned once that reasoning leaves no room for answers

    def stop(self) -> None:
        self.stopping = True
        self.pace.stop()
        self.budget.wake()

    def end(self, error: AspectraError) -> None:
        """Stop because of an error. Requests in flight finish, since they may be paid for."""
        self.fatal = self.fatal or error
        self.stop()

    async def outcome(self, pending: Pending) -> Outcome | None:
        """Ask until an answer is valid or the attempts are used up. Returns None if the run ended first, or if
        `refusals` holds the outcome back.

        If the endpoint rejects an answer because it is not JSON, the last attempt is sent without JSON mode.
        """
        if self.stopping:
            return None
        ask, outcome = pending.ask, Outcome(pending.request, "failed")
        messages = [] if self.teacher.instant else self.prompts.messages(ask, pending.text)
        bytes_in = size(messages)
        for attempt in range(self.config.attempts + 1):
            plain = attempt == self.config.attempts
            if plain and outcome.finish_reason != NO_JSON:
                break
            question = Question(ask.kind, pending.text, messages, ask.kind == "extraction" and not plain, attempt)
            try:
                if self.teacher.instant:
                    found: tuple[Reply, float | None] | None = (await self.teacher.ask(question), None)
                else:
                    found = await self._reply(question, bytes_in, outcome)
            except AbsentError:
                outcome.status = "absent"
                return outcome
            except RowError as failure:
                refuse(outcome, failure)
                if not failure.alike or outcome.attempts > 1:
                    return outcome
                self._hold(outcome, failure)
                return None
            except AspectraError as error:
                self.end(error)
                found = None
            if found is None:  # earlier attempts and broken answers are paid for
                return outcome if outcome.attempts or outcome.spent_in or outcome.spent_out else None
            self.refusals.answered()
            reply, cost = found
            if plain:
                reply = replace(reply, left_out=(*reply.left_out, "response_format"))
            judge(outcome, ask.kind, pending.text, reply, cost, paid=not self.teacher.instant)
            if outcome.reason == STILL_REASONING and not self._told:
                self._told = True
                say(
                    f"an answer was cut off at --max-tokens {self.config.max_tokens} during its reasoning: raise "
                    "--max-tokens, or switch off reasoning with --extra-body"
                )
            if outcome.status == "done":
                break
        return outcome

    def _hold(self, outcome: Outcome, refusal: RowError) -> None:
        try:
            self.refusals.hold(outcome, refusal)
        except AspectraError as error:
            self.end(error)

    async def _reply(self, question: Question, size: int, outcome: Outcome) -> tuple[Reply, float | None] | None:
        """One answer and its cost in USD, after retries; None if the run is stopping.

        The cost of failed tries is added to the outcome. Raises RowError when the retries or the row's time are used
        up.
        """
        tries, used = 0, 0.0
        while True:
            reserved = await self.budget.reserve(size, lambda: self.stopping)
            if reserved is None:
                self.stop()
                return None
            reply, spent, cost = None, None, None
            try:
                turn = await self.pace.turn(size)
                if turn is None:
                    return None
                began = time.monotonic()
                try:
                    reply = spent = await self.teacher.ask(question)
                    self.pace.answered(turn, size, reply)
                except RowError:
                    self.pace.alive()
                    raise
                except TryError as fault:
                    spent, reason = fault.spent, str(fault)
                    tries += self.pace.failed(turn, fault)
                finally:
                    used += time.monotonic() - began
            finally:
                cost = self.budget.settle(reserved, size, spent)
                if reply is None and spent is not None:
                    book(outcome, spent, cost)
            if reply is not None:
                return reply, cost
            if not outcome.attempts:
                outcome.reason = reason
            if tries > self.config.retries:
                raise RowError(reason)
            if used > self.config.row_timeout:
                raise RowError(f"no answer in {self.config.row_timeout:g} s (--row-timeout); last error: {reason}")
            used += await self.pace.sleep(max(0, tries - 1))


def judge(outcome: Outcome, kind: str, review: str, reply: Reply, cost: float | None, paid: bool = True) -> None:
    """Fill in an outcome from an answer: whether it is valid, why not, and, if `paid`, its tokens and cost."""
    answer, thinking = strip_thinking(reply.text)
    text, reason = validate(kind, answer, review, reply.finish_reason)
    outcome.status = "done" if reason is None else "rejected"
    outcome.text, outcome.raw, outcome.reason = text, reply.text, reason
    outcome.finish_reason = reply.finish_reason
    outcome.tokens_in, outcome.tokens_out = reply.tokens_in, reply.tokens_out
    outcome.model, outcome.prompt_version = reply.model, reply.prompt_version
    outcome.distribution = reply.distribution
    outcome.left_out = ",".join(reply.left_out) or None
    outcome.thinking += thinking + reply.thinking
    outcome.attempts += 1
    if paid:
        book(outcome, reply, cost)


def refuse(outcome: Outcome, failure: RowError) -> None:
    """Fill in an outcome that has no answer: `failed`, or `rejected` if a retry would be refused too."""
    outcome.attempts += 1
    if outcome.attempts > 1:  # an earlier answer, even if rejected, tells more
        return
    outcome.reason = str(failure)
    if failure.final:
        outcome.status, outcome.text = "rejected", ""
        outcome.cost = outcome.cost or 0.0  # known to be zero


def book(outcome: Outcome, reply: Reply, cost: float | None) -> None:
    """Add an answer's tokens and cost to its request."""
    outcome.spent_in += reply.tokens_in or 0
    outcome.spent_out += reply.tokens_out or 0
    if cost is not None:
        outcome.cost = (outcome.cost or 0.0) + cost
