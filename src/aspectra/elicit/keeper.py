"""The actor next to the store of a run on a cluster: it writes shards, tracks the budget, and stops the run.

Called by the actors of `aspectra.elicit.ray_engine`, which starts it on the driver's node.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.config import ElicitConfig
from aspectra.elicit import prompt, shards
from aspectra.elicit.store import Ask
from aspectra.errors import AspectraError, UserError
from aspectra.progress import dollars

if TYPE_CHECKING:
    from pyarrow import Table


@dataclass(frozen=True, slots=True)
class Order:
    """The order that actors get. It has no API key: actors read the key on their node. `keyed`: there is one."""

    config: ElicitConfig
    demonstrations: tuple[prompt.Demonstration, ...]
    asks: list[Ask]
    identity: tuple[str, dict[str, object]]
    keyed: bool


class Keeper:
    """Runs on the node of the store: writes shards, tracks the money, and knows whether to stop."""

    def __init__(self, order: Order, folder: Path, spent: float) -> None:
        self._order, self._folder, self._spent = order, folder, spent
        self._kept: set[str] = set()
        self._shares: dict[str, float] = {}  # USD that blocks in progress may spend
        self._changed = asyncio.Condition()
        self._stopped = False
        self._error: tuple[bool, str] | None = None
        self._short: str | None = None

    async def order(self) -> Order:
        return self._order

    async def begin(self, name: str, wanted: float) -> float | None:
        """USD that a block may spend. None if the block is stored already, or the run is stopping.

        A block gets less than it wants only if no other block can return an unused share.
        """
        async with self._changed:
            # A share left by an actor that died counts as spent.
            self._spent += self._shares.pop(name, 0.0)
            self._changed.notify_all()
            most = self._order.config.max_cost
            while not self._stopped and name not in self._kept:
                left = (most - self._spent - sum(self._shares.values())) if most is not None else wanted
                if wanted <= left or not self._shares:
                    self._shares[name] = min(wanted, max(0.0, left))
                    return self._shares[name]
                await self._changed.wait()
        return None

    async def keep(self, name: str, found: Table, spent: float = 0.0, short: bool = False) -> None:
        """Write a block's shard. `short`: its share did not cover all of it."""
        async with self._changed:
            try:
                if found.num_rows and name not in self._kept:
                    shards.write(self._folder, name, found)
                self._kept.add(name)
            except AspectraError as error:
                self._end(error)
            self._shares.pop(name, None)
            self._spent += spent
            if short:
                self._stopped = True
                most = dollars(self._order.config.max_cost or 0.0)
                self._short = (
                    f"stopped before --max-cost ${most}: ${self._spent:.6f} is spent, and the next request could cost "
                    "more than the rest"
                )
            self._changed.notify_all()

    async def stop(self, error: AspectraError | None = None) -> None:
        async with self._changed:
            if error is not None:
                self._end(error)
            self._stopped = True
            self._changed.notify_all()

    def _end(self, error: AspectraError) -> None:
        self._error = self._error or (isinstance(error, UserError), str(error))
        self._stopped = True

    async def stopped(self) -> bool:
        return self._stopped

    async def ended(self) -> tuple[tuple[bool, str] | None, str | None]:
        return self._error, self._short


def ended(keeper: Any) -> tuple[AspectraError | None, str | None]:
    """The error that ended the run, and the message if the budget did."""
    import ray

    error, short = ray.get(keeper.ended.remote())
    if error is None:
        return None, short
    return (UserError if error[0] else AspectraError)(error[1]), short
