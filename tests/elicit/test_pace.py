"""How fast an endpoint is asked: the line, the limit, the rates, the wait for one that is down."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit import pace as module
from aspectra.elicit.pace import Bucket, Pace, Turn
from aspectra.errors import AspectraError, UserError
from aspectra.teachers.teacher import Reply, TryError

REPLY = Reply("x", tokens_in=10, tokens_out=10)


def make(**changes: Any) -> Pace:
    return Pace(ElicitConfig(**{"model": "m", "concurrency": 8, **changes}))


async def turns(pace: Pace, number: int) -> list[Turn]:
    found = [await asyncio.wait_for(pace.turn(100), 5) for _ in range(number)]
    return [turn for turn in found if turn is not None]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses a hundred times shorter."""
    monkeypatch.setattr(module, "PAUSE", 0.005)
    monkeypatch.setattr(module, "LONGEST", 0.02)


def test_the_line_is_served_in_order_and_no_more_at_once_than_the_limit() -> None:
    async def run() -> None:
        pace, served = make(concurrency=2), []

        async def one(number: int) -> None:
            turn = await pace.turn(10)
            assert turn is not None
            served.append(number)
            assert pace._in_flight <= 2
            await asyncio.sleep(0.001)
            pace.answered(turn, 10, REPLY)

        await asyncio.gather(*(one(number) for number in range(20)))
        assert served == list(range(20))
        assert pace._in_flight == 0

    asyncio.run(run())


def test_an_overrun_endpoint_gets_fewer_at_once_and_then_one_more_a_round() -> None:
    async def run() -> None:
        pace = make(concurrency=8)
        first = await turns(pace, 8)
        for turn in first[:4]:  # one overrun, however many were told of it
            assert pace.failed(turn, TryError("429", busy=True))
        assert pace.limit == 5
        for turn in first[4:]:
            pace.answered(turn, 10, REPLY)
        second = await turns(pace, 5)
        assert len(second) == 5
        pace.failed(second[0], TryError("429", busy=True))
        assert pace.limit == 4
        for turn in second[1:]:
            pace.answered(turn, 10, REPLY)
        for _ in range(60):
            for turn in await turns(pace, 1):
                pace.answered(turn, 10, REPLY)
        assert pace.limit == 8, "and never above what was asked for"

    asyncio.run(run())


def test_the_limit_grows_slowly_only_near_what_was_too_many() -> None:
    async def run() -> None:
        pace = make(concurrency=64)

        async def answers(number: int) -> int:
            for _ in range(number):
                for turn in await turns(pace, 1):
                    pace.answered(turn, 10, REPLY)
            return pace.limit

        (turn,) = await turns(pace, 1)
        pace._limit = 32.0
        pace.failed(turn, TryError("429", busy=True))
        assert pace.limit == 22
        assert await answers(50) == 28, "quickly, until it is near 32"
        assert await answers(150) in (29, 30), "one more in four rounds"
        assert await answers(1500) == 64, "and quickly again past that"

    asyncio.run(run())


def test_other_faults_leave_the_limit_alone() -> None:
    async def run() -> None:
        pace = make()
        for turn in await turns(pace, 5):
            assert pace.failed(turn, TryError("500: boom"))
        assert pace.limit == 8

    asyncio.run(run())


def test_what_is_asked_for_with_retry_after_holds_for_all() -> None:
    async def run() -> None:
        pace = make()
        (turn,) = await turns(pace, 1)
        pace.failed(turn, TryError("429", busy=True, after=0.2))
        began = time.monotonic()
        await turns(pace, 3)
        assert 0.19 < time.monotonic() - began < 5

    asyncio.run(run())


def test_a_wait_longer_than_the_patience_ends_the_run() -> None:
    async def run() -> None:
        pace = make()
        (turn,) = await turns(pace, 1)
        with pytest.raises(AspectraError, match="a pause of 86400 s"):
            pace.failed(turn, TryError("429", busy=True, after=86400))

    asyncio.run(run())


def test_faults_in_a_row_pause_everything_but_one_probe_and_an_answer_ends_that(
    quick: None, capsys: pytest.CaptureFixture[str]
) -> None:
    async def run() -> None:
        pace = make(concurrency=16)
        given = await turns(pace, 16)
        pace.answered(given[0], 10, REPLY)
        counted = [pace.failed(turn, TryError("502: bad gateway")) for turn in given[1:]]
        assert counted == [True] * 9 + [False] * 6, "the endpoint is down: not the fault of those in flight"
        assert pace.limit == 1
        (probe,) = await turns(pace, 1)
        other = asyncio.create_task(pace.turn(10))
        await asyncio.sleep(0.05)
        assert not other.done()
        assert pace.failed(probe, TryError("502: bad gateway")), "a probe's own row may be why"
        after = await asyncio.wait_for(other, 5)
        assert after is not None
        pace.answered(after, 10, REPLY)
        assert pace.limit == 16
        assert len(await turns(pace, 16)) == 16

    asyncio.run(run())
    told = capsys.readouterr().err
    assert (
        "the endpoint is down or overloaded (502: bad gateway): sending one request at a time for up to 600 s" in told
    )
    assert "the endpoint answers again after" in told


def test_no_connection_is_known_at_the_first_and_never_a_rows_fault(quick: None) -> None:
    async def run() -> None:
        pace = make(patience=0.1)
        (turn,) = await turns(pace, 1)
        pace.answered(turn, 10, REPLY)
        gone, began = TryError("no connection", gone=True), time.monotonic()
        with pytest.raises(
            AspectraError, match=r"no useful answer for 0.1 s \(no connection; .*to go on when"
        ) as error:
            while True:
                for turn in await turns(pace, 1):
                    assert not pace.failed(turn, gone)
        assert 0.1 <= time.monotonic() - began < 5
        assert not isinstance(error.value, UserError)

    asyncio.run(run())


def test_an_endpoint_that_was_never_there_is_known_soon_however_patient_one_is(quick: None) -> None:
    async def run() -> None:
        pace = make()
        with pytest.raises(UserError, match="no endpoint answers: no connection; is the server running"):
            for _ in range(3):
                for turn in await turns(pace, 1):
                    pace.failed(turn, TryError("no connection", gone=True))

    asyncio.run(run())


def test_connections_that_are_all_dropped_before_a_word_came_are_nobody(quick: None) -> None:
    dropped = TryError("dropped", mute=True)

    async def never() -> None:
        pace = make()
        with pytest.raises(UserError, match="no endpoint answers: dropped; is the server running"):
            for _ in range(module.ROW + module.FIRST - 1):
                for turn in await turns(pace, 1):
                    pace.failed(turn, dropped)

    async def with_many_tries() -> None:
        pace = make(retries=20)
        for _ in range(21):  # all of one request, for all that is known: it fails, and another is asked
            for turn in await turns(pace, 1):
                pace.failed(turn, dropped)

    async def once() -> None:
        pace = make()
        first, second = await turns(pace, 2)
        pace.answered(first, 10, REPLY)
        assert pace.failed(second, dropped), "a fault of this request, as any other: perhaps it is what it asks"

    for each in (never, with_many_tries, once):
        asyncio.run(each())


def test_an_address_that_is_no_such_endpoint_is_known_after_a_few_answers() -> None:
    async def run() -> None:
        pace = make(concurrency=10)
        with pytest.raises(UserError, match="a web page: does the base URL end in /v1"):
            for turn in await turns(pace, 10):
                pace.failed(turn, TryError("a web page", odd=True))

    asyncio.run(run())


def test_a_stop_wakes_those_in_line_and_those_who_sleep() -> None:
    async def run() -> None:
        pace = make(concurrency=1)
        await turns(pace, 1)
        waiting = [asyncio.create_task(pace.turn(1)), asyncio.create_task(pace.turn(1))]
        sleeping = asyncio.create_task(pace.sleep(6))
        await asyncio.sleep(0.01)
        pace.stop()
        assert await asyncio.wait_for(asyncio.gather(*waiting), 1) == [None, None]
        await asyncio.wait_for(sleeping, 1)
        assert await pace.turn(1) is None

    asyncio.run(run())


def test_requests_a_minute() -> None:
    async def run() -> None:
        pace, began = make(rpm=1200, concurrency=100), time.monotonic()  # 20 a second, as many at once
        await turns(pace, 30)
        assert 0.45 < time.monotonic() - began < 5

    asyncio.run(run())


def test_tokens_a_minute_are_taken_as_guessed_and_settled_as_counted() -> None:
    async def run() -> None:
        pace = make(tpm=60_000, max_tokens=900)  # a thousand a second
        (turn,) = await turns(pace, 1)
        assert turn.tokens == 930
        pace.answered(turn, 100, Reply("x", tokens_in=50, tokens_out=50))
        assert pace._tokens.level == pytest.approx(900, abs=20)
        (turn,) = await turns(pace, 1)
        assert turn.tokens < 930, "the next guess is nearer"
        pace.answered(turn, 100, Reply("x", tokens_in=1000, tokens_out=1000))
        began = time.monotonic()
        await turns(pace, 1)
        assert time.monotonic() - began > 1, "what was taken too much is waited for"

    asyncio.run(run())


def test_a_bucket_gives_what_it_can_ever_hold_to_one_who_wants_more() -> None:
    bucket = Bucket(60)
    assert bucket.wait(1000) == 0
    bucket.take(1000)
    assert bucket.wait(1) > 900
    assert Bucket(None).wait(1e9) == 0
