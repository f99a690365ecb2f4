"""A model folder as a teacher, in this process: transformers generates answers in batches, best on a GPU.

Needs the extra `train`. Made by `aspectra.teachers.make`, called by `aspectra.elicit.asking`. `batching.py` makes the
batches, `writing.py` generates. `aspectra.benchmark` identifies a folder by its `digest`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.models import resolve
from aspectra.teachers.batching import Batching
from aspectra.teachers.teacher import Question, Reply, identifying
from aspectra.weights import check

if TYPE_CHECKING:
    from aspectra.teachers.writing import Writer

HEAD, BLOCK, BLOCKS = 1 << 20, 1 << 16, 64  # bytes, bytes, number
SMALL = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
SHARE = 4  # batches among the requests in flight: with a larger choice, a batch has prompts of more similar length


class TransformersTeacher:
    """Loads the model on first use. A quarter of the requests in flight make a batch.

    The constructor raises UserError for a folder without safetensors weights, MissingExtraError without torch.
    """

    instant = False
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model:
            raise UserError("--model is missing: name a folder, or a model on the Hub")
        need("train", "a teacher in transformers")
        folder = Path(config.model).expanduser()
        self.model = folder.name if folder.exists() else config.model
        self.settings = identifying(config)
        if folder.exists():
            self.settings["weights"] = digest(check(folder))
        self._config = config
        self._writer: Writer | None = None
        self._batching = Batching(self._write, config.concurrency, max(1, config.concurrency // SHARE))

    def load(self) -> None:
        """Load the weights once. Raises UserError for a model that cannot answer."""
        if self._writer is None:
            from aspectra.teachers.writing import Writer

            self._writer = Writer(resolve(self._config.model), self._config)

    async def ask(self, question: Question) -> Reply:
        self.load()  # blocks the other requests, which need the model too
        return await self._batching.ask(question)

    def _write(self, questions: list[Question]) -> list[Reply]:
        assert self._writer is not None
        return self._writer.write(questions)

    async def close(self) -> None:
        await self._batching.close()
        self._writer = None


def digest(folder: Path) -> str:
    """A hash that tells two models apart, from settings and tokenizer, and for each weights file its size, its head
    with names and shapes, and blocks spread to its end: two models tuned from one may have the same head.

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
