"""A writer as a reader: an engine, a task, and the limits of its answers.

Called by `aspectra.readers.opening`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.info import task_of
from aspectra.readers.reader import Answer, Judged, Question, Reader
from aspectra.readers.spaces import sentence_of, squeezed
from aspectra.readers.writers.answers import read
from aspectra.readers.writers.engine import Engine
from aspectra.schema import POLARITIES, Opinion
from aspectra.students.writers.stems import Stem


class WritingReader(Reader):
    """Implements `aspectra.readers.reader.Reader`."""

    def __init__(
        self,
        engine: Engine,
        task: str | None = None,
        *,
        batch_size: int = 32,
        max_new_tokens: int = 100,
        constrained: bool = False,
    ) -> None:
        """`task` is for a student without a task of its own. Raises UserError if it was trained for another task, if no
        task is known, or if it cannot be constrained."""
        self.engine, self.batch_size, self.max_new_tokens = engine, batch_size, max_new_tokens
        self.task = tasks.get(task_of(engine.info, task))
        self.room = engine.encoder.room
        self.grammar = None
        if constrained:
            from aspectra.readers.writers.constrain import Language

            self.grammar = Language(engine.encoder, self.task, engine.info).grammar
        labels = engine.info.get("labels") or {}
        self.polarities = [name for name in POLARITIES if name in (labels.get("polarities") or POLARITIES)]

    @property
    def parameters(self) -> int:
        return self.engine.parameters

    def size(self, text: str) -> int:
        encoder = self.engine.encoder
        return len(encoder.ids(f"{self.task.marker}: {text}" if encoder.marker else text))

    def read(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> list[Answer]:
        """Sentences are batched by length."""
        encoder = self.engine.encoder
        prompts = {text: encoder.prompt(self.task.marker, text) for text in dict.fromkeys(sentences)}
        order = sorted(prompts, key=lambda text: -len(prompts[text]))
        said: dict[str, Answer] = {}
        for first in range(0, len(order), self.batch_size):
            batch = order[first : first + self.batch_size]
            grammars = [self.grammar(text) for text in batch] if self.grammar is not None else None
            answers = self.engine.write([prompts[text] for text in batch], self.max_new_tokens, grammars)
            for text, written in zip(batch, answers, strict=True):
                said[text] = read(encoder, self.task, written, text)
            tick(len(batch))
        return [said[text] for text in sentences]

    def judge(self, questions: Sequence[Question]) -> list[Judged | UserError]:
        """The answer is begun with the subject, and each polarity is scored as its continuation."""
        task, encoder = self.task, self.engine.encoder
        stems: list[Stem] = []
        answers: list[Judged | UserError] = []
        for question in questions:
            sentence = sentence_of(question.text, question.target)
            subject = task.subject(Opinion(squeezed(question.target), question.category, POLARITIES[0]))
            if not subject:
                answers.append(UserError(f"name the {' and the '.join(task.by)} to judge"))
                continue
            begun, ways = encoder.endings(f"{task.written(subject)} |", [f" {name}" for name in self.polarities])
            stems.append(Stem(encoder.prompt(task.marker, sentence), begun, ways))
            answers.append(Judged(sentence, {}))
        scores = iter(self.scored(stems))
        return [
            answer if isinstance(answer, UserError) else Judged(answer.sentence, shares(self.polarities, next(scores)))
            for answer in answers
        ]

    def scored(self, stems: Sequence[Stem]) -> list[list[float]]:
        """log p of each continuation of each stem."""
        size = max(1, self.batch_size // len(self.polarities))
        return [logs for i in range(0, len(stems), size) for logs in self.engine.likelihoods(stems[i : i + size])]


def shares(names: Sequence[str], logs: Sequence[float]) -> dict[str, float]:
    """Normalized probabilities from log weights."""
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}
