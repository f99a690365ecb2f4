"""Paces the requests to an endpoint: requests in flight, rate limits, and detection of an outage.

The limit on requests in flight works like TCP congestion control. It shrinks when the endpoint is overloaded and grows
with the answers: quickly, but slowly near the limit of the last overload. While an endpoint is down, one request is
sent now and then, until one is answered or the patience ends. Called by `aspectra.elicit.asking`.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections import deque
from dataclasses import dataclass

from aspectra.config import ElicitConfig
from aspectra.errors import EndpointError, RefusedError
from aspectra.progress import say
from aspectra.teachers.teacher import Reply, TryError

PAUSE = 0.5  # seconds before the first retry, doubled each time
LONGEST = 30.0  # seconds at most between two tries
FEWER = 0.7  # factor on requests in flight when the endpoint is overloaded
ROUNDS = 16  # rounds of answers, from one request in flight to all
NEAR = 0.1  # fraction of the limit at the last overload: this close to it, on either side, the limit grows slowly
SLOWLY = 4  # rounds of answers for one more request in flight
ROW = 10  # consecutive faults, of any request, that mean an outage
FIRST = 3  # tries to reach an endpoint that has never answered: a wrong URL should be reported within seconds


class Bucket:
    """A rate limit per minute, spread evenly, with bursts of one second's worth. Overdrafts are waited for later."""

    def __init__(self, a_minute: float | None) -> None:
        self._rate = (a_minute or math.inf) / 60
        self._most = self.level = max(1.0, self._rate)
        self._filled = time.monotonic()

    def wait(self, amount: float) -> float:
        """Seconds until `amount` may be taken."""
        if self._rate == math.inf:
            return 0.0
        now = time.monotonic()
        self.level = min(self._most, self.level + (now - self._filled) * self._rate)
        self._filled = now
        return max(0.0, (min(amount, self._most) - self.level) / self._rate)

    def take(self, amount: float) -> None:
        self.level -= amount


@dataclass(frozen=True, slots=True)
class Turn:
    """Permission to send one request: its number in the run, and the tokens it is expected to need."""

    number: int
    tokens: float


class Pace:
    """Gives out turns in order of arrival. Each turn is returned with its result."""

    def __init__(self, config: ElicitConfig) -> None:
        self._config = config
        self._requests, self._tokens = Bucket(config.rpm), Bucket(config.tpm)
        self._limit = float(config.concurrency)
        self._in_flight = self._given = 0
        self._too_many = math.inf  # requests in flight at the last overload
        self._fewer_from = 0  # turns up to this one were given before the limit last shrank
        self._line: deque[tuple[asyncio.Future[bool], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._not_before = 0.0
        self._stopped = asyncio.Event()
        self._draw = random.Random(config.seed)
        self._heard = self._replied = False
        self._faults = self._odd = 0  # consecutive
        self._down_since: float | None = None
        self._down_from = self._tries = 0
        self._in, self._out = 0.3, float(config.max_tokens)  # tokens per byte, tokens per answer

    @property
    def limit(self) -> int:
        """The number of requests that may be in flight now."""
        return 1 if self._down_since is not None else int(self._limit)

    def stop(self) -> None:
        """Give no more turns, and tell those who wait."""
        self._stopped.set()
        while self._line:
            waiting, _ = self._line.popleft()
            if not waiting.done():
                waiting.set_result(False)

    async def turn(self, size: int) -> Turn | None:
        """Wait until a prompt of `size` bytes may be sent. None if the run is stopping."""
        if self._stopped.is_set():
            return None
        tokens = size * self._in + self._out
        waiting = asyncio.get_running_loop().create_future()
        self._line.append((waiting, tokens))
        self._advance()
        if not await waiting:
            return None
        self._given += 1
        return Turn(self._given, tokens)

    async def sleep(self, tries: int) -> float:
        """Wait before a request's next try, longer each time. Returns the seconds, 0 if the endpoint is down.

        Random jitter in the upper half spreads the retries of requests that failed together.
        """
        if self._down_since is not None:
            return 0.0  # waiting for a turn is enough
        seconds = min(LONGEST, PAUSE * 2.0**tries) * self._draw.uniform(0.5, 1.0)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopped.wait(), seconds)
        return seconds

    def answered(self, turn: Turn, size: int, reply: Reply) -> None:
        """Report an answer and end the turn."""
        self._replied = True
        most = self._config.concurrency
        near = abs(self._limit - self._too_many) < max(0.5, NEAR * self._too_many)
        a_round = 1 / SLOWLY if near else max(1.0, most / ROUNDS)
        self._limit = min(float(most), self._limit + a_round / self._limit)
        if reply.tokens_in is not None and reply.tokens_out is not None:
            self._tokens.take(reply.tokens_in + reply.tokens_out - turn.tokens)
            self._in += (reply.tokens_in / max(1, size) - self._in) / 10
            self._out += (reply.tokens_out - self._out) / 10
        self.alive()

    def alive(self) -> None:
        """End a turn that showed that the endpoint works."""
        self._heard, self._faults, self._odd = True, 0, 0
        if self._down_since is not None:
            say(f"the endpoint answers again after {time.monotonic() - self._down_since:.0f} s")
            self._down_since, self._not_before = None, 0.0
        self.over()

    def over(self) -> None:
        """End a turn."""
        self._in_flight -= 1
        self._advance()

    def failed(self, turn: Turn, fault: TryError) -> bool:
        """End a turn without an answer. Returns whether the failure counts against the request, not only the endpoint.

        Raises RefusedError if the endpoint has never behaved like an LLM endpoint, and EndpointError when the patience
        ends. Both end the run; the request stays pending.
        """
        self._in_flight -= 1
        try:
            return self._judge(turn, fault)
        finally:
            self._advance()

    def _judge(self, turn: Turn, fault: TryError) -> bool:
        now, patience = time.monotonic(), self._config.patience
        self._heard |= not (fault.gone or fault.mute)
        self._faults += 1
        self._odd += fault.odd
        if fault.after is not None:
            if fault.after > patience:
                raise EndpointError(
                    f"the endpoint asks for a pause of {fault.after:.0f} s ({fault}), longer than the setting patience "
                    f"({patience:g} s); run the same command later to go on"
                )
            self._not_before = max(self._not_before, now + fault.after)
        if fault.busy and turn.number > self._fewer_from:
            self._too_many, self._fewer_from = self._limit, self._given
            self._limit = max(1.0, self._limit * FEWER)
        if not self._replied and self._faults == self._odd >= ROW:
            raise RefusedError(f"{fault}: does the base URL end in /v1?")
        if self._down_since is not None and turn.number > self._down_from:
            self._tries += 1
            over = now - self._down_since > patience
            # One bad request may drop the connection. So at least two requests must have failed.
            first = FIRST if fault.gone else max(FIRST, self._config.retries + 3 - ROW)
            if not self._heard and (over or self._tries >= first):
                raise RefusedError(f"no endpoint answers: {fault}; is the server running, and the base URL correct?")
            if over:
                raise EndpointError(
                    f"the endpoint is down: it gave no useful answer for {patience:g} s ({fault}; setting: patience); "
                    "run the same command to go on when it is back"
                )
            self._hold(now)
            counts = not fault.gone
        elif self._down_since is not None:
            counts = False
        elif fault.gone or self._faults >= ROW:
            self._down_since, self._down_from, self._tries = now, self._given, 1
            if self._heard:
                say(
                    f"the endpoint is down or overloaded ({fault}): sending one request at a time for up to "
                    f"{patience:g} s"
                )
            self._hold(now)
            counts = False
        else:
            counts = True
        return counts

    def _hold(self, now: float) -> None:
        pause = min(LONGEST, PAUSE * 2.0 ** (self._tries - 1)) * self._draw.uniform(0.5, 1.0)
        # The last try comes at the end of the patience, not long after it.
        assert self._down_since is not None
        left = max(self._down_since + self._config.patience - now, 0.01)
        self._not_before = max(self._not_before, now + min(pause, left))

    def _advance(self) -> None:
        """Give turns to the head of the line, as many as are allowed now."""
        while self._line and self._in_flight < self.limit:
            waiting, tokens = self._line[0]
            wait = max(self._not_before - time.monotonic(), self._requests.wait(1), self._tokens.wait(tokens))
            if wait > 0:
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = asyncio.get_running_loop().call_later(wait, self._advance)
                return
            self._line.popleft()
            if waiting.done():  # Ctrl-C, twice
                continue
            self._requests.take(1)
            self._tokens.take(tokens)
            self._in_flight += 1
            waiting.set_result(True)
