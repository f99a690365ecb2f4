"""A student as the service asks it: its opinions, and how likely it is to call a given subject each polarity.

Called by `aspectra.serve.server`; `aspectra.serve.app` knows the Protocol only: tests and timings bring their own.
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
    """What a service serves. Both methods are called from one thread only."""

    name: str
    about: Mapping[str, Any]
    """Who reads: {"name", "version", "digest"}."""
    task: str
    by: tuple[Field, ...]
    grouper: Grouper | None
    """What puts targets under topics; None where no table of meanings is at hand."""

    def extract(self, texts: Sequence[str]) -> Sequence[Extraction]:
        """The opinions of each text."""
        ...

    def classify(self, questions: Sequence[Question]) -> Sequence[Judged | UserError]:
        """An answer to each question, or why there is none."""
        ...


class Student:
    """A predictor that classifies too."""

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
    """The question with the HTML of its text and target read as what it means."""
    target = question.target
    return question._replace(text=told(question.text), target=target and told(target))
