"""`--max-cost`: the sum never passes it, whatever is in flight."""

from __future__ import annotations

import asyncio
import random

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.budget import Budget
from aspectra.teachers.teacher import Reply


@pytest.mark.parametrize("seed", range(5))
def test_what_is_spent_stays_below_whatever_is_in_flight(seed: int) -> None:
    draw = random.Random(seed)
    config = ElicitConfig(price_in=1.0, price_out=4.0, max_cost=0.02, max_tokens=300)
    budget = Budget(config, spent=0.001)
    taken = 0

    async def worker() -> None:
        nonlocal taken
        while (reserved := await budget.reserve(800, lambda: False)) is not None:
            for _ in range(draw.randrange(4)):
                await asyncio.sleep(0)
            lost = draw.random() < 0.1
            reply = None if lost else Reply("x", tokens_in=draw.randrange(180, 220), tokens_out=draw.randrange(300))
            budget.settle(reserved, 800, reply)
            taken += not lost

    async def crew() -> None:
        await asyncio.gather(*(worker() for _ in range(8)))

    asyncio.run(crew())
    assert budget.used_up
    assert budget.spent <= 0.02
    assert budget.spent > 0.02 - 0.0016, "and it does not stop long before"
    assert taken > 10
    assert "stopped before --max-cost $0.02" in budget.why()


def test_without_a_limit_nothing_waits_and_without_prices_nothing_is_counted() -> None:
    budget = Budget(ElicitConfig(), spent=0.0)
    assert asyncio.run(budget.reserve(100, lambda: False)) == 0.0
    assert asyncio.run(budget.reserve(100, lambda: True)) is None
    assert budget.settle(0.0, 100, Reply("x", tokens_in=5, tokens_out=5)) is None


def test_an_endpoint_that_does_not_count_is_taken_to_have_used_all() -> None:
    budget = Budget(ElicitConfig(price_in=1.0, price_out=1.0, max_cost=1.0, max_tokens=100), spent=0.0)
    reserved = asyncio.run(budget.reserve(36, lambda: False))
    assert reserved is not None
    assert reserved == pytest.approx(200e-6)
    assert budget.settle(reserved, 36, Reply("x")) == pytest.approx(200e-6)
