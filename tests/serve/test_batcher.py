"""The queue: batches, order, bounds, failures, an end that loses nothing."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from aspectra.serve.batcher import WIDTH, Batcher, FullError, StoppingError


class Model:
    """Doubles numbers, notes its batches; waits at a gate."""

    def __init__(self, gate: bool = False) -> None:
        self.batches: list[list[Any]] = []
        self.gate = threading.Event()
        if not gate:
            self.gate.set()

    def double(self, items: Sequence[Any]) -> list[Any]:
        self.batches.append(list(items))
        assert self.gate.wait(10)
        if "bad" in items:
            raise ValueError("bad")
        return [LookupError("odd") if item == "odd" else item * 2 for item in items]

    def triple(self, items: Sequence[Any]) -> list[Any]:
        return [item * 3 for item in items]


@contextmanager
def batcher(size: int = 4, wait: float = 0.02, room: int = 100, patience: float = 5.0) -> Iterator[Batcher]:
    made = Batcher(size, wait, room, patience)
    made.start()
    try:
        yield made
    finally:
        made.stop(10)
        assert not made.thread.is_alive()


def sized(*items: Any, size: int = 1) -> list[tuple[Any, int]]:
    return [(item, size) for item in items]


async def behind(made: Batcher, model: Model, *requests: list[tuple[Any, int]]) -> list[list[Any]]:
    """The answers to requests that all arrive while the model is busy with another."""
    model.gate.clear()
    opening = asyncio.ensure_future(made.submit(model.double, sized(-1)))
    while not model.batches or model.batches[-1] != [-1]:
        await asyncio.sleep(0)
    waiting = asyncio.gather(*(made.submit(model.double, request) for request in requests))
    while len(made.queue) < sum(map(len, requests)):
        await asyncio.sleep(0)
    model.gate.set()
    await opening
    return await waiting


def test_requests_share_batches_and_each_gets_its_own_answers() -> None:
    model = Model()
    with batcher() as made:
        answers = asyncio.run(behind(made, model, *(sized(n, n + 100) for n in range(6))))
    assert answers == [[2 * n, 2 * (n + 100)] for n in range(6)]
    assert list(map(len, model.batches)) == [1, 4, 4, 4]


def test_a_lone_client_never_waits_for_others() -> None:
    model = Model()
    with batcher(wait=1.0) as made:
        started = time.perf_counter()
        for number in range(10):
            assert asyncio.run(made.submit(model.double, sized(number))) == [2 * number]
        assert time.perf_counter() - started < 1


def test_a_batch_waits_until_as_many_have_come_as_last_time() -> None:
    model = Model()

    async def one_by_one(count: int) -> None:
        waiting = []
        for number in range(count):
            waiting.append(asyncio.ensure_future(made.submit(model.double, sized(number))))
            await asyncio.sleep(0.02)
        await asyncio.gather(*waiting)

    with batcher(wait=5.0) as made:
        started = time.perf_counter()
        asyncio.run(behind(made, model, sized(1, 2, 3)))
        asyncio.run(one_by_one(3))
        assert model.batches[-1] == [0, 1, 2] and time.perf_counter() - started < 4, "at the third they are read"
    with batcher(wait=0.2) as made:
        asyncio.run(behind(made, model, sized(1, 2, 3)))
        asyncio.run(one_by_one(2))
        assert model.batches[-1] == [0, 1], "but not longer than it may"


def test_two_kinds_of_question_do_not_mix() -> None:
    model = Model()

    async def both() -> list[list[Any]]:
        opening = asyncio.ensure_future(made.submit(model.double, sized(-1)))
        while not model.batches:
            await asyncio.sleep(0)
        asked = ((model.double, 1), (model.triple, 1), (model.double, 5))
        waiting = asyncio.gather(*(made.submit(ask, sized(item)) for ask, item in asked))
        while len(made.queue) < len(asked):
            await asyncio.sleep(0)
        model.gate.set()
        await opening
        return await waiting

    model.gate.clear()
    with batcher() as made:
        assert asyncio.run(both()) == [[2], [3], [10]]
    assert model.batches == [[-1], [1, 5]]


def test_long_texts_make_small_batches() -> None:
    model = Model()

    with batcher(size=6) as made:
        asyncio.run(behind(made, model, *(sized(n, size=2 * WIDTH) for n in range(4))))
    assert model.batches == [[-1], [0, 1], [2, 3]]


def test_texts_of_like_length_go_together_and_nobody_who_came_later_goes_first() -> None:
    model = Model(gate=True)

    async def many() -> None:
        first = asyncio.ensure_future(made.submit(model.double, sized("opens", size=9)))
        while not model.batches:
            await asyncio.sleep(0)
        # Behind the gate: long and short ones in turn, and behind four batches' worth of them the shortest.
        rest = [made.submit(model.double, sized(name, size=len(name))) for name in [*("l" * 90, "sh") * 4, "s", "s"]]
        waiting = asyncio.gather(first, *rest)
        while len(made.queue) < 10:
            await asyncio.sleep(0)
        model.gate.set()
        await waiting

    with batcher(size=2, wait=0.0) as made:
        asyncio.run(many())
    lengths = [[len(item) for item in batch] for batch in model.batches[1:]]
    assert lengths == [[2, 2], [2, 2], [90, 90], [90, 90], [1, 1]]


def test_a_failure_is_told_to_whom_it_concerns_only() -> None:
    model = Model()

    async def many() -> list[Any]:
        asked = (made.submit(model.double, sized(item)) for item in (1, "bad", "odd", 2))
        return list(await asyncio.gather(*asked, return_exceptions=True))

    with batcher() as made:
        one, bad, odd, two = asyncio.run(many())
        assert asyncio.run(made.submit(model.double, sized(7))) == [14], "the thread goes on"
    assert (one, two) == ([2], [4])
    assert isinstance(bad, ValueError)
    assert isinstance(odd, LookupError)


def test_a_full_queue_refuses_and_says_when() -> None:
    model = Model(gate=True)

    async def story() -> None:
        first = asyncio.ensure_future(made.submit(model.double, sized(1)))
        while not model.batches:
            await asyncio.sleep(0.001)
        second = asyncio.ensure_future(made.submit(model.double, sized(2, 3)))
        await asyncio.sleep(0)
        with pytest.raises(FullError) as full:
            await made.submit(model.double, sized(4, 5, 6))
        assert full.value.retry_after >= 1
        model.gate.set()
        assert await first == [2]
        assert await second == [4, 6]

    with batcher(room=4) as made:
        asyncio.run(story())
    assert 4 not in [item for batch in model.batches for item in batch]


def test_what_would_take_too_long_is_refused_rather_than_left_to_time_out() -> None:
    model = Model(gate=True)

    async def story() -> None:
        made.paces[model.double] = 0.1  # seconds a character
        held = asyncio.ensure_future(made.submit(model.double, sized(1)))
        while not model.batches:
            await asyncio.sleep(0.001)
        waiting = asyncio.ensure_future(made.submit(model.double, sized(2, size=100)))
        await asyncio.sleep(0)
        with pytest.raises(FullError, match="10 s"):
            await made.submit(model.double, sized(3))
        model.gate.set()
        await asyncio.gather(held, waiting)

    with batcher(patience=9.0) as made:
        asyncio.run(story())


def test_a_kind_of_question_that_takes_long_for_few_characters_makes_no_other_seem_slow() -> None:
    model = Model(gate=True)

    def topics(items: Sequence[Any]) -> list[Any]:
        time.sleep(0.1)
        return list(items)

    async def story() -> None:
        await made.submit(topics, sized(0, size=1))
        held = asyncio.ensure_future(made.submit(model.double, sized(1)))
        while not model.batches:
            await asyncio.sleep(0.001)
        waiting = asyncio.ensure_future(made.submit(model.double, sized(2, size=1000)))
        await asyncio.sleep(0)
        more = asyncio.ensure_future(made.submit(model.double, sized(3)))
        await asyncio.sleep(0)
        model.gate.set()
        assert list(await asyncio.gather(held, waiting, more)) == [[2], [4], [6]]

    with batcher(patience=9.0) as made:
        asyncio.run(story())


def test_what_was_given_up_is_not_asked() -> None:
    model = Model(gate=True)

    async def story() -> None:
        first = asyncio.ensure_future(made.submit(model.double, sized(1)))
        while not model.batches:
            await asyncio.sleep(0.001)
        second = asyncio.ensure_future(made.submit(model.double, sized(2)))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.sleep(0)
        model.gate.set()
        assert await first == [2]

    with batcher() as made:
        asyncio.run(story())
    assert model.batches == [[1]]


def test_stopping_finishes_what_was_taken_and_takes_no_more() -> None:
    model = Model(gate=True)

    async def story() -> None:
        taken = [asyncio.ensure_future(made.submit(model.double, sized(n))) for n in range(9)]
        while not model.batches:
            await asyncio.sleep(0.001)
        stopping = asyncio.ensure_future(asyncio.to_thread(made.stop, 10))
        while not made.stopping:
            await asyncio.sleep(0.001)
        assert not made.healthy
        with pytest.raises(StoppingError):
            await made.submit(model.double, sized(10))
        model.gate.set()
        assert await asyncio.gather(*taken) == [[2 * n] for n in range(9)]
        await stopping

    with batcher() as made:
        asyncio.run(story())


def test_a_model_that_is_stuck_is_not_healthy() -> None:
    model = Model(gate=True)

    async def story() -> None:
        asked = asyncio.ensure_future(made.submit(model.double, sized(1)))
        assert made.healthy
        while made.healthy:
            await asyncio.sleep(0.01)
        model.gate.set()
        assert await asked == [2]
        assert made.healthy

    with batcher(patience=0.05) as made:
        asyncio.run(asyncio.wait_for(story(), 5))
