"""Batches single questions, for teachers that run their model in this process.

Called by `aspectra.teachers.transformers` and by a student as teacher, `aspectra.readers.teacher`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aspectra.teachers.teacher import Question, Reply, RowError

LULL = 0.005  # seconds without a new request, after which a batch starts
Waiting = tuple[Question, "asyncio.Future[Reply]"]


class Batching:
    """At most `most` questions are in flight: it waits for no more. A batch has `size` of them.

    `answer` is called in a thread, with questions of one kind. An exception in it fails the whole batch.
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
        """Run batches while questions wait."""
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
            except Exception as error:  # whatever torch raises; other batches may still succeed
                found = [RowError(" ".join(f"{type(error).__name__}: {error}".split())[:300])] * len(batch)
            for (_, answer), reply in zip(batch, found, strict=True):
                if answer.done():
                    continue
                if isinstance(reply, RowError):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)

    def _next(self) -> list[Waiting]:
        """The questions of the next batch: of one kind, since their prompts begin alike, and of similar length."""
        kinds = [question.kind for question, _ in self._waiting]
        kind = max(set(kinds), key=kinds.count)
        fitting = sorted((each for each in self._waiting if each[0].kind == kind), key=lambda each: -length(each[0]))
        batch = fitting[: self._size]
        taken = {id(answer) for _, answer in batch}
        self._waiting = [each for each in self._waiting if id(each[1]) not in taken]
        return batch

    async def close(self) -> None:
        """Wait for the current batch; drop the others."""
        self._waiting.clear()  # after a second Ctrl-C, nobody waits for these
        if self._work is not None:
            await self._work


def length(question: Question) -> int:
    """Characters of a prompt, or of the review if there is no prompt."""
    return sum(len(message["content"]) for message in question.messages) or len(question.review)
