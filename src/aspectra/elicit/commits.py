"""Answers on their way to the disk, many to a transaction: what comes while one is synced shares the next.

The disk is waited for in a thread with a connection of its own, so that other requests go on meanwhile; nothing is
counted before it is synced. Called by `aspectra.elicit.work`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aspectra.elicit.store import Outcome, Store
from aspectra.errors import AspectraError

TOGETHER = 0.005  # seconds in which answers gather before they are written


class Commits:
    """`add` answers within the context; `stored` is called with each group once it is on the disk.

    `broken` is called with the error that ended the writing; what was not stored then is still to be asked.
    """

    def __init__(
        self, store: Store, stored: Callable[[list[Outcome]], None], broken: Callable[[AspectraError], None]
    ) -> None:
        self._store, self._stored, self._broken = store, stored, broken
        self._waiting: list[Outcome] = []
        self._some, self._synced = asyncio.Event(), asyncio.Event()
        self._closing = self._failed = False

    async def __aenter__(self) -> Commits:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commits")
        self._task = asyncio.create_task(self._write())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._some.set()
        try:
            await self._task
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close_writer)
        finally:
            self._thread.shutdown()

    async def add(self, outcome: Outcome) -> None:
        """Hand over an answer and wait until it is on the disk, or never will be."""
        self._waiting.append(outcome)
        self._some.set()
        await self._synced.wait()

    async def _write(self) -> None:
        while not self._closing or self._waiting:
            await self._some.wait()
            if not self._closing:
                await asyncio.sleep(TOGETHER)
            self._some.clear()
            group, synced = self._waiting, self._synced
            self._waiting, self._synced = [], asyncio.Event()
            if group and not self._failed:
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, self._store.save_apart, group)
                    self._stored(group)
                except AspectraError as error:
                    self._failed = True
                    self._broken(error)
            synced.set()
