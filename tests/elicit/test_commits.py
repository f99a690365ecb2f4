"""Answers on their way to the disk: together, in the background, counted when they are there."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from aspectra.elicit import queue
from aspectra.elicit.commits import Commits
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.errors import AspectraError, UserError
from aspectra.schema import Review


def never(error: AspectraError) -> None:
    raise error


def begin(store: Store, number: int) -> list[int]:
    """The requests of so many reviews."""
    reviews = [Review(str(n), f"text {n}") for n in range(number)]
    run, asks = store.register(reviews, [Ask("analysis", "v1", "m", "{}")], "one", {}, free=False)
    return [pending.request for pending in queue.pending(store, run, asks)]


def test_answers_that_come_while_the_disk_is_waited_for_share_a_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    ticks = 0
    save = Store.save_apart

    def slow(self: Store, outcomes: list[Outcome]) -> None:
        assert threading.current_thread() is not threading.main_thread()
        sizes.append(len(outcomes))
        time.sleep(0.2)  # a disk that takes its time
        save(self, outcomes)

    monkeypatch.setattr(Store, "save_apart", slow)
    with Store(tmp_path) as store:
        requests = begin(store, 40)
        counted: list[int] = []

        def stored(group: list[Outcome]) -> None:
            on_disk = store.connection.execute("SELECT count(*) FROM responses").fetchone()[0]
            counted.extend(outcome.request for outcome in group)
            assert on_disk == len(counted), "counted when it is there, not before"

        async def run() -> None:
            nonlocal ticks

            async def tick() -> None:
                nonlocal ticks
                while True:
                    await asyncio.sleep(0.01)
                    ticks += 1

            ticking = asyncio.create_task(tick())
            async with Commits(store, stored, never) as commits:
                adding = [asyncio.create_task(commits.add(Outcome(requests[0], "done", text="x")))]
                await asyncio.sleep(0.1)
                adding += [asyncio.create_task(commits.add(Outcome(each, "done", text="x"))) for each in requests[1:]]
                await asyncio.gather(*adding)
                assert len(counted) == 40, "each was waited for"
            ticking.cancel()

        asyncio.run(run())
        assert sizes == [1, 39]
        assert ticks > 5, "the loop went on meanwhile"


def test_what_waits_when_the_context_ends_is_written(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        requests = begin(store, 5)

        async def run() -> None:
            async with Commits(store, lambda group: None, never) as commits:
                adding = [asyncio.create_task(commits.add(Outcome(each, "done"))) for each in requests]
                await asyncio.sleep(0)
                for task in adding:  # Ctrl-C, twice
                    task.cancel()

        asyncio.run(run())
        assert store.connection.execute("SELECT count(*) FROM responses").fetchone() == (5,)


def test_a_disk_that_breaks_lets_nobody_wait_and_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Store, outcomes: list[Outcome]) -> None:
        raise UserError("the disk is full")

    monkeypatch.setattr(Store, "save_apart", full)
    told: list[AspectraError] = []
    with Store(tmp_path) as store:
        requests = begin(store, 3)

        async def run() -> None:
            async with Commits(store, lambda group: pytest.fail("nothing was stored"), told.append) as commits:
                for each in requests:
                    await asyncio.wait_for(commits.add(Outcome(each, "done")), 5)

        asyncio.run(run())
    assert [str(error) for error in told] == ["the disk is full"]
