"""Questions that come one by one, answered many at once: what teachers share that hold their model in this process.

Called by `aspectra.teachers.transformers` and by a student that teaches, `aspectra.readers.teacher`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aspectra.teachers.teacher import Question, Reply, RowError

LULL = 0.005  # seconds in which no request came: those that can come have come
Waiting = tuple[Question, "asyncio.Future[Reply]"]


class Batching:
    """`most` questions may be in flight, so that no more are waited for; `size` of them are a batch.

    `answer` is called in a thread, with questions of one kind; an error that it raises is that of the whole batch.
    """

    def __init__(self, answer: Callable[[list[Question]], Sequence[Reply | RowError]], most: int, size: int) -> None:
        self._answer, self._most, self._size = answer, most, size
        self._waiting: list[Waiting] = []
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: Question) -> Reply:
        """The answer, once its batch is done. Raises RowError."""
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._all())
        return await answer

    async def _all(self) -> None:
        """Batch after batch, while any question waits."""
        while self._waiting:
            seen = -1
            while seen < len(self._waiting) < self._most:
                seen = len(self._waiting)
                await asyncio.sleep(LULL)
            if not self._waiting:  # closed meanwhile
                return
            batch = self._next()
            found: Sequence[Reply | RowError]
            try:
                found = await asyncio.to_thread(self._answer, [question for question, _ in batch])
            except Exception as error:  # whatever torch raises: the questions of other batches may be answered
                found = [RowError(" ".join(f"{type(error).__name__}: {error}".split())[:300])] * len(batch)
            for (_, answer), reply in zip(batch, found, strict=True):
                if answer.done():
                    continue
                if isinstance(reply, RowError):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)

    def _next(self) -> list[Waiting]:
        """The questions of the next batch: of one kind, whose prompts begin alike, and of similar length."""
        kinds = [question.kind for question, _ in self._waiting]
        kind = max(set(kinds), key=kinds.count)
        fitting = sorted((each for each in self._waiting if each[0].kind == kind), key=lambda each: -length(each[0]))
        batch = fitting[: self._size]
        taken = {id(answer) for _, answer in batch}
        self._waiting = [each for each in self._waiting if id(each[1]) not in taken]
        return batch

    async def close(self) -> None:
        """Wait for the batch in hand; the others are left."""
        self._waiting.clear()  # nobody waits any more: a second Ctrl-C leaves questions behind
        if self._work is not None:
            await self._work


def length(question: Question) -> int:
    """Characters of a prompt, or of the review where there is none."""
    return sum(len(message["content"]) for message in question.messages) or len(question.review)
