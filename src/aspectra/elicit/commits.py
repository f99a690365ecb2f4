"""Writes answers to disk in groups: answers that arrive during a sync share the next transaction.

A thread with its own connection waits for the disk, so that other requests continue. Nothing is counted before it is
synced. Called by `aspectra.elicit.work`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from aspectra.elicit.store import Outcome, Store
from aspectra.errors import AspectraError

TOGETHER = 0.005  # seconds for which answers are collected before a write


class Commits:
    """`add` answers within the context; `stored` is called with each group after it is on disk.

    `broken` is called with the error that ended the writing. Answers not stored by then are asked for again.
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
        """Queue an answer and wait until it is on disk, or writing has failed."""
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
