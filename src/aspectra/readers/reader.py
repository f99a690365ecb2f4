"""The interface of a trained student in use: sentences in, opinions with offsets and confidences out.

Implemented by `writers.reader` and `taggers.reader`; opened by `opening`. `predictor`, `export`, `aspectra.benchmark`
and `aspectra.serve` use only this Protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

from aspectra.data.soft import Soft
from aspectra.errors import UserError
from aspectra.readers.extraction import Found
from aspectra.schema import CUT, Opinion, Prediction
from aspectra.tasks import Task

LABELS = ("positive", "negative", "neutral")  # the classes of zero-shot; `conflict` combines two of them
TARGET = "{target}"  # placeholder for the target in the aspect of a zero-shot question


@dataclass(frozen=True, slots=True)
class Answer:
    """A reader's output for one sentence; `found` is in order of appearance.

    A writer's answer has `raw`, the written text (`found` is what strict scoring reads from it); `cut`, whether the
    token limit ended it; and `logs`, the log probabilities of its tokens. A tagger's has `soft`, the probabilities of
    its words and spans.
    """

    raw: str | None
    found: tuple[Found, ...]
    cut: bool = False
    logs: tuple[float, ...] = ()
    soft: Soft | None = None


class Question(NamedTuple):
    """Which polarity does the target, or the category, have in this text?"""

    text: str
    target: str | None = None
    category: str | None = None


class Judged(NamedTuple):
    """The probability of each polarity, given that the subject is judged at all; they sum to one.

    `sentence` is the part of the text that was read.
    """

    sentence: str
    probabilities: dict[str, float]


class Reader(Protocol):
    """A trained student in use, for the task that it was trained for."""

    task: Task
    room: int
    """The largest `size` of a sentence that is not truncated."""

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def size(self, text: str) -> int:
        """The size of a text, in the unit of `room`."""
        ...

    def read(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> list[Answer]:
        """One answer per sentence, in order; a repeated sentence is read once.

        `tick` gets the number of distinct sentences done.
        """
        ...

    def begin(
        self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None
    ) -> Callable[[], list[Answer]]:
        """Begin to read sentences, in other threads if the reader can; the function returned waits for the result of
        `read`."""
        return partial(self.read, sentences, tick)

    def judge(self, questions: Sequence[Question]) -> list[Judged | UserError]:
        """An answer to each question, or the error that explains why there is none."""
        ...


class Leaning(NamedTuple):
    """A zero-shot answer: one of `LABELS`, the probabilities, and the probabilities before calibration.

    Each set of probabilities sums to one.
    """

    polarity: str
    probabilities: dict[str, float]
    uncalibrated: dict[str, float]


class Untaught(Protocol):
    """A student without labels, used for zero-shot polarity."""

    def lean(self, questions: Sequence[Question]) -> tuple[list[Leaning], dict[str, Any]]:
        """One answer per question, and figures: `parameters`; `questions`, the number of distinct ones; `inputs_cut`,
        the number of truncated ones; and more by family. Without a target or category, the whole text is judged."""
        ...


def best(scores: Mapping[str, float]) -> str:
    """The label with the highest score; of equal ones, the first of `LABELS`."""
    return max(LABELS, key=lambda name: scores[name])


def predictions(answers: Sequence[Answer], texts: Sequence[str], ids: Sequence[str], task: Task) -> list[Prediction]:
    """Answers in the form that `aspectra evaluate` writes; scoring uses `raw` if there is one."""
    return [
        Prediction(name, text, opinions(answer, text, task), answer.raw, {CUT: True} if answer.cut else {})
        for name, text, answer in zip(ids, texts, answers, strict=True)
    ]


def opinions(answer: Answer, text: str, task: Task) -> tuple[Opinion, ...]:
    """The opinions of an answer."""
    if answer.raw is not None:
        return tuple(task.decode(answer.raw, text))
    return tuple(Opinion(o.target, o.category, o.polarity, o.start, o.end) for o in answer.found)
