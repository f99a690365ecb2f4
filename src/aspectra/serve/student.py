"""A student in the service: extracts opinions, and classifies the polarity of a given subject.

Called by `aspectra.serve.server`. `aspectra.serve.app` uses only the Protocol, so tests and benchmarks can replace it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aspectra.errors import UserError
from aspectra.markup import told
from aspectra.readers.extraction import Extraction
from aspectra.readers.predictor import Predictor
from aspectra.readers.reader import Judged, Question
from aspectra.readers.taggers.meanings import lent
from aspectra.serve.topics import Grouper
from aspectra.tasks.linear import Field


class Served(Protocol):
    """What a service needs. Both methods are called from one thread only."""

    name: str
    about: Mapping[str, Any]
    """The reader's identity: {"name", "version", "digest"}."""
    task: str
    by: tuple[Field, ...]
    grouper: Grouper | None
    """Groups targets into topics; None without a table of meanings."""

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        """The opinions of each text."""
        ...

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        """An answer to each question, or the error that explains why there is none."""
        ...


class Student:
    """A predictor with classification."""

    def __init__(self, predictor: Predictor) -> None:
        assert predictor.about is not None, "it was loaded from a folder"
        self.about: Mapping[str, Any] = predictor.about
        self.predictor, self.name = predictor, str(self.about["name"])
        self.task, self.by = predictor.reader.task.name, predictor.reader.task.by
        table = lent(predictor.folder) if "target" in self.by else None
        self.grouper = Grouper(table) if table is not None else None

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        return self.predictor.extract(texts)

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        return self.predictor.reader.judge([seen(question) for question in questions])


def seen(question: Question) -> Question:
    """The question with the HTML in its text and target interpreted."""
    target = question.target
    return question._replace(text=told(question.text), target=target and told(target))
