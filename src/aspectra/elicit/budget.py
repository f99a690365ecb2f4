"""`--max-cost`: no request is sent that could exceed it. Called when asking and when planning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aspectra.config import ElicitConfig
from aspectra.progress import dollars
from aspectra.teachers.teacher import Reply

HEADROOM = 1.25  # factor over the highest tokens per byte seen
TEMPLATE = 64  # bytes that a chat template may add to the messages


class Budget:
    """`spent` is USD spent in this folder, `here` in this run. `used_up`: --max-cost ended the run."""

    def __init__(self, config: ElicitConfig, spent: float) -> None:
        self.priced = config.price_in is not None and config.price_out is not None
        self._in, self._out = config.price_in or 0.0, config.price_out or 0.0
        self._most, self._answer = config.max_cost, longest(config) or config.max_tokens
        self.spent, self.here, self.used_up = spent, 0.0, False
        self._reserved, self._need, self._in_flight = 0.0, 0.0, 0
        # Every common tokenizer uses at least one byte for a token. After the first answer the real ratio is known.
        self._ratio, self._seen = 1.0, 0.0
        self._changed = asyncio.Event()

    def worst(self, size: int) -> float:
        """Highest possible cost in USD of a prompt of `size` bytes: the answer uses all its tokens."""
        return ((size + TEMPLATE) * self._ratio * self._in + self._answer * self._out) / 1e6

    def price(self, size: int, reply: Reply) -> float:
        """Cost of an answer in USD; the highest possible cost if the endpoint does not count tokens."""
        if reply.tokens_in is None or reply.tokens_out is None:
            return self.worst(size)
        return (reply.tokens_in * self._in + reply.tokens_out * self._out) / 1e6

    async def reserve(self, size: int, stopping: Callable[[], bool]) -> float | None:
        """Wait until the budget covers the request besides those in flight. None if it never will, or the run is
        stopping.

        Returns the reserved USD, which the caller passes to `settle`.
        """
        if self._most is None:
            return None if stopping() else 0.0
        while True:
            if stopping():
                return None
            worst = self.worst(size)
            # The first request goes alone: it shows how many tokens a byte is, including the server's template.
            alone = self._in_flight > 0 and self._seen == 0
            if not alone and self.spent + self._reserved + worst <= self._most:
                self._reserved += worst
                self._in_flight += 1
                return worst
            if not self._in_flight:
                self.used_up, self._need = True, worst
                return None
            self._changed.clear()
            await self._changed.wait()

    def settle(self, reserved: float, size: int, reply: Reply | None) -> float | None:
        """Release what a finished request reserved and add its cost. `reply` is None if no answer came.

        Returns the cost in USD, or None if no price is known.
        """
        cost = self.price(size, reply) if reply is not None and self.priced else None
        if cost is not None:
            self.spent += cost
            self.here += cost
        if self._most is not None:
            self._in_flight -= 1
            self._reserved = max(0.0, self._reserved - reserved) if self._in_flight else 0.0
            if reply is not None:
                self._seen = max(self._seen, (reply.tokens_in or size) / (size + TEMPLATE))
                self._ratio = self._seen * HEADROOM
            self.wake()
        return cost

    def allow(self, usd: float) -> None:
        """Allow `usd` more than is spent already: a share that another process keeps track of."""
        self._most, self.used_up = self.spent + usd, False

    def wake(self) -> None:
        """Wake the waiting requests, so that they check again."""
        self._changed.set()

    def why(self) -> str:
        """The reason for stopping, as text."""
        return (
            f"stopped before --max-cost ${dollars(self._most or 0.0)}: ${self.spent:.6f} is spent, and the "
            f"next request could cost ${self._need:.6f}"
        )


def longest(config: ElicitConfig) -> int | None:
    """The most tokens of an answer, from whichever setting limits it; None if --extra-body removes the limit."""
    limits = {"max_tokens": config.max_tokens, **config.extra_body}
    told = [limits[name] for name in ("max_tokens", "max_completion_tokens") if isinstance(limits.get(name), int)]
    return max(told, default=None)
