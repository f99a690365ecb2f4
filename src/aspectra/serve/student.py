"""A student as the service asks it: its opinions, and how likely it is to call a given subject each polarity.

Called by `aspectra.serve.server`; `aspectra.serve.app` knows the Protocol only: tests and timings bring their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from aspectra.errors import UserError
from aspectra.readers.engine import Engine
from aspectra.readers.extraction import Extraction
from aspectra.readers.in_ct2 import Exported, named
from aspectra.readers.in_torch import Whole
from aspectra.readers.predictor import Predictor, plain
from aspectra.schema import POLARITIES, Opinion
from aspectra.sentences import sentences
from aspectra.students.writers.likelihood import Stem, endings, log_likelihoods
from aspectra.tasks.linear import Field


class Question(NamedTuple):
    """Which polarity has the target, or the category, in this text?"""

    text: str
    target: str | None = None
    category: str | None = None


class Judged(NamedTuple):
    """The probability of each polarity given that the subject is judged at all; they add up to one."""

    sentence: str
    probabilities: dict[str, float]


class Served(Protocol):
    """What a service serves. Both methods are called from one thread only."""

    name: str
    task: str
    by: tuple[Field, ...]

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        """The opinions of each text."""
        ...

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        """An answer to each question, or why there is none."""
        ...


class Student:
    """A predictor that classifies too."""

    def __init__(self, predictor: Predictor, path: Path) -> None:
        self.predictor, self.name = predictor, path.resolve().name
        self.task, self.by = predictor.task.name, predictor.task.by
        labels = predictor.engine.info.get("labels") or {}
        self.polarities = [name for name in POLARITIES if name in (labels.get("polarities") or POLARITIES)]

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        return self.predictor.extract(texts)

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        """The student's answer is begun with the subject, and each polarity is scored as what comes next."""
        task, reader = self.predictor.task, self.predictor.engine.reader
        stems: list[Stem] = []
        answers: list[Judged | UserError] = []
        for question in questions:
            sentence = sentence_of(question)
            subject = task.subject(Opinion(squeezed(question.target), question.category, POLARITIES[0]))
            if not subject:
                answers.append(UserError(f"name the {' and the '.join(task.by)} to judge"))
                continue
            begun, ways = endings(reader, f"{task.written(subject)} |", [f" {name}" for name in self.polarities])
            stems.append(Stem(reader.prompt(task.marker, sentence), begun, ways))
            answers.append(Judged(sentence, {}))
        scores = iter(self.scored(stems))
        return [
            answer if isinstance(answer, UserError) else Judged(answer.sentence, shares(self.polarities, next(scores)))
            for answer in answers
        ]

    def scored(self, stems: Sequence[Stem]) -> list[list[float]]:
        size = max(1, self.predictor.batch_size // len(self.polarities))
        engine = self.predictor.engine
        return [logs for i in range(0, len(stems), size) for logs in likelihoods(engine, stems[i : i + size])]


def likelihoods(engine: Engine, stems: Sequence[Stem]) -> list[list[float]]:
    """log p of each way to go on with each begun answer, by either engine."""
    if isinstance(engine, Whole):
        return log_likelihoods(engine.student, stems, len(stems))
    assert isinstance(engine, Exported)
    ways = [(stem, way) for stem in stems for way in stem.ways]
    answers = [[*stem.begun, *way] for stem, way in ways]
    if engine.info["family"] == "seq2seq":
        prompts = [named(stem.prompt) for stem, _ in ways]
        results = engine.model.score_batch(prompts, list(map(named, answers)), max_input_length=0)
        skipped = [len(stem.begun) for stem, _ in ways]  # the end is scored too, and of no interest
    else:
        whole = [[*stem.prompt, *answer] for (stem, _), answer in zip(ways, answers, strict=True)]
        results = engine.model.score_batch(list(map(named, whole)), max_input_length=0)
        skipped = [len(stem.prompt) + len(stem.begun) - 1 for stem, _ in ways]  # the first token is given
    scores = iter(
        [
            sum(result.log_probs[first : first + len(way)])
            for result, first, (_, way) in zip(results, skipped, ways, strict=True)
        ]
    )
    return [[next(scores) for _ in stem.ways] for stem in stems]


def shares(names: Sequence[str], logs: Sequence[float]) -> dict[str, float]:
    """Probabilities from logs that leave out a common factor."""
    top = max(logs)
    weights = [math.exp(log - top) for log in logs]
    return {name: weight / sum(weights) for name, weight in zip(names, weights, strict=True)}


def sentence_of(question: Question) -> str:
    """The first sentence that holds the target, with single spaces; the whole text where none does."""
    target = squeezed(question.target)
    if target:
        for start, end in sentences(question.text):
            sentence = plain(question.text, start, end)[1]
            if target in sentence:
                return sentence
    return plain(question.text, 0, len(question.text))[1]


def squeezed(target: str | None) -> str | None:
    """A target with single spaces, as students read and write it."""
    return target and " ".join(target.split())
