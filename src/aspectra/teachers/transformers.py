"""A model folder as a teacher, in this process: transformers writes many answers at once, best on a GPU.

Needs the extra `train`. Made by `aspectra.teachers.make`, asked by `aspectra.elicit.asking`; how a batch is written is
for `writing.py`. The cells of `aspectra.benchmark` take its digest of a folder.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.models import resolve
from aspectra.teachers.teacher import Question, Reply, RowError, identifying
from aspectra.weights import check

if TYPE_CHECKING:
    from aspectra.teachers.writing import Writer

HEAD, BLOCK, BLOCKS = 1 << 20, 1 << 16, 64  # bytes, bytes, number
SMALL = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
SHARE = 4  # batches that the requests in flight make: the larger the choice, the more alike are those of a batch
LULL = 0.005  # seconds in which no request came: those that can come have come


class TransformersTeacher:
    """Loads the model when it is first needed; a quarter of the requests in flight are one batch.

    Raises UserError at once for a folder without safetensors weights, MissingExtraError without torch.
    """

    instant = False
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model:
            raise UserError("--model is missing: the folder to load, or a name on the Hub")
        need("train", "a teacher in transformers")
        folder = Path(config.model).expanduser()
        self.model = folder.name if folder.exists() else config.model
        self.settings = identifying(config)
        if folder.exists():
            self.settings["weights"] = digest(check(folder))
        self._config = config
        self._writer: Writer | None = None
        self._waiting: list[tuple[Question, asyncio.Future[Reply]]] = []
        self._work: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Read the weights, unless they are there. Raises UserError for a model that cannot be asked."""
        if self._writer is None:
            from aspectra.teachers.writing import Writer

            self._writer = Writer(resolve(self._config.model), self._config)

    async def ask(self, question: Question) -> Reply:
        self.load()  # the others wait: none could be asked meanwhile
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer())
        return await answer

    async def _answer(self) -> None:
        """Batch after batch, while any question waits."""
        assert self._writer is not None
        while self._waiting:
            seen = -1
            while seen < len(self._waiting) < self._config.concurrency:
                seen = len(self._waiting)
                await asyncio.sleep(LULL)
            if not self._waiting:  # closed meanwhile
                return
            batch = self._next()
            try:
                replies = await asyncio.to_thread(self._writer.write, [question for question, _ in batch])
            except Exception as error:  # whatever torch raises: the questions of other batches may be answered
                reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(RowError(reason))
                continue
            for (_, answer), reply in zip(batch, replies, strict=True):
                if not answer.done():
                    answer.set_result(reply)

    def _next(self) -> list[tuple[Question, asyncio.Future[Reply]]]:
        """The questions of the next batch: of one kind, whose prompts begin alike, and of similar length."""
        kinds = [question.kind for question, _ in self._waiting]
        kind = max(set(kinds), key=kinds.count)
        size = max(1, self._config.concurrency // SHARE)
        fitting = sorted((each for each in self._waiting if each[0].kind == kind), key=lambda each: -length(each[0]))
        batch = fitting[:size]
        taken = {id(answer) for _, answer in batch}
        self._waiting = [each for each in self._waiting if id(each[1]) not in taken]
        return batch

    async def close(self) -> None:
        self._waiting.clear()  # nobody waits any more: a second Ctrl-C leaves questions behind
        if self._work is not None:
            await self._work
        self._writer = None


def length(question: Question) -> int:
    """Characters of a prompt."""
    return sum(len(message["content"]) for message in question.messages)


def digest(folder: Path) -> str:
    """What tells two models apart: settings and tokenizer whole; of each file of weights its size, its beginning with
    names and shapes, and blocks spread to its end, for two models tuned from one may begin alike.

    Hashing 40 GB each time would take longer than the answers.
    """
    found: Any = hashlib.sha256()
    for name in SMALL:
        if (folder / name).is_file():
            found.update(name.encode() + (folder / name).read_bytes())
    for file in sorted(folder.glob("*.safetensors")):
        size = file.stat().st_size
        found.update(str(size).encode())
        with file.open("rb") as stream:
            found.update(stream.read(HEAD))
            for part in range(1, BLOCKS + 1):
                stream.seek(max(0, size * part // BLOCKS - BLOCK))
                found.update(stream.read(BLOCK))
    return str(found.hexdigest()[:16])
