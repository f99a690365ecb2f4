"""The seam between a trained student and whoever asks it: sentences in, opinions with places and confidences out.

Implemented by `writers.reader` and `taggers.reader`; opened by `opening`. `predictor`, `export`, `aspectra.benchmark`
and `aspectra.serve` know this Protocol alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from aspectra.data.soft import Soft
from aspectra.errors import UserError
from aspectra.readers.extraction import Found
from aspectra.schema import CUT, Opinion, Prediction
from aspectra.tasks import Task

LABELS = ("positive", "negative", "neutral")  # what zero-shot tells apart; `conflict` is both of two
TARGET = "{target}"  # in the aspect that an untaught student is asked about: the target itself


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader says of one sentence, `found` in order of appearance.

    A writer's answer has `raw`, what it wrote, of which `found` is what strict scoring reads; `cut` where the limit
    ended it; and the log p of its tokens. A tagger's has `soft`, the probabilities of its words and spans.
    """

    raw: str | None
    found: tuple[Found, ...]
    cut: bool = False
    logs: tuple[float, ...] = ()
    soft: Soft | None = None


class Question(NamedTuple):
    """Which polarity has the target, or the category, in this text?"""

    text: str
    target: str | None = None
    category: str | None = None


class Judged(NamedTuple):
    """The probability of each polarity given that the subject is judged at all; they add up to one.

    `sentence` is the part of the text that was read.
    """

    sentence: str
    probabilities: dict[str, float]


class Reader(Protocol):
    """A trained student that is ready to be asked, for the task that it was trained for."""

    task: Task
    room: int
    """How much it can read at once: the largest `size` of a sentence that loses nothing."""

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def size(self, text: str) -> int:
        """How much of its `room` a text takes."""
        ...

    def read(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> list[Answer]:
        """The answer to each sentence, in their order; a sentence that comes twice is read once.

        `tick` is told how many distinct sentences are done.
        """
        ...

    def judge(self, questions: Sequence[Question]) -> list[Judged | UserError]:
        """An answer to each question, or why there is none."""
        ...


class Leaning(NamedTuple):
    """Which of `LABELS` an untaught student means: its probabilities, and the same before calibration.

    Each adds up to one.
    """

    polarity: str
    probabilities: dict[str, float]
    uncalibrated: dict[str, float]


class Untaught(Protocol):
    """A student that saw no labels, asked for polarities all the same."""

    def lean(self, questions: Sequence[Question]) -> tuple[list[Leaning], dict[str, Any]]:
        """An answer to each question, and figures: `parameters`; `questions`, distinct ones; `inputs_cut`, those that
        lost their end; and what the family has to add. The whole text is judged where a question names no subject."""
        ...


def best(scores: Mapping[str, float]) -> str:
    """The label of the highest score, the first of `LABELS` where two have it."""
    return max(LABELS, key=lambda name: scores[name])


def predictions(answers: Sequence[Answer], texts: Sequence[str], ids: Sequence[str], task: Task) -> list[Prediction]:
    """Answers as `aspectra evaluate` writes them; `raw` is what counts where there is one."""
    return [
        Prediction(name, text, opinions(answer, text, task), answer.raw, {CUT: True} if answer.cut else {})
        for name, text, answer in zip(ids, texts, answers, strict=True)
    ]


def opinions(answer: Answer, text: str, task: Task) -> tuple[Opinion, ...]:
    """The opinions of an answer."""
    if answer.raw is not None:
        return tuple(task.decode(answer.raw, text))
    return tuple(Opinion(o.target, o.category, o.polarity, o.start, o.end) for o in answer.found)
