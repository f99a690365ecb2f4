"""Questions that come one by one are answered in batches, and a fault is that of its own batch or question."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aspectra.teachers.batching import Batching
from aspectra.teachers.teacher import Question, Reply, RowError

Answer = Callable[[list[Question]], Sequence[Reply | RowError]]


def asked(answer: Answer, questions: list[Question], size: int = 4) -> list[Reply | BaseException]:
    async def all_of_them() -> list[Reply | BaseException]:
        batching = Batching(answer, most=64, size=size)
        found = await asyncio.gather(*map(batching.ask, questions), return_exceptions=True)
        await batching.close()
        return found

    return asyncio.run(all_of_them())


def test_a_batch_is_of_one_kind_and_of_like_length() -> None:
    batches: list[list[Question]] = []

    def answer(questions: list[Question]) -> list[Reply | RowError]:
        batches.append(questions)
        return [Reply(question.review.upper()) for question in questions]

    questions = [Question("extraction" if n % 3 else "polarity", "x" * (n * 7 % 30), []) for n in range(30)]
    found = asked(answer, questions)
    assert found == [Reply(question.review.upper()) for question in questions], "each has the answer to its own"
    assert all(len({question.kind for question in batch}) == 1 and len(batch) <= 4 for batch in batches)
    lengths = [len(question.review) for batch in batches for question in batch if question.kind == "extraction"]
    assert lengths == sorted(lengths, reverse=True)


def test_a_fault_is_that_of_its_batch_or_of_its_question() -> None:
    def answer(questions: list[Question]) -> list[Reply | RowError]:
        if any(question.review == "too large" for question in questions):
            raise MemoryError("no\nroom")
        return [RowError("odd") if question.review == "odd" else Reply("fine") for question in questions]

    reviews = ["too large", "odd", "a"]
    found = asked(answer, [Question("extraction", review, []) for review in reviews], size=1)
    assert [str(each) if isinstance(each, RowError) else each for each in found] == [
        "MemoryError: no room",
        "odd",
        Reply("fine"),
    ]


def test_questions_that_nobody_waits_for_any_more_are_left() -> None:
    batches: list[int] = []

    def answer(questions: list[Question]) -> list[Reply | RowError]:
        batches.append(len(questions))
        return [Reply("fine")] * len(questions)

    async def closed() -> None:
        batching = Batching(answer, most=64, size=1)
        tasks = [asyncio.create_task(batching.ask(Question("extraction", "a", []))) for _ in range(9)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await batching.close()

    asyncio.run(closed())
    assert 0 < len(batches) < 9
