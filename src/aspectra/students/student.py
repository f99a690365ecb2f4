"""The seam between training and the families of students: examples in, a model folder out.

Implemented by `writers.student` and `taggers.student`; `families` chooses. What a family can do is asked of it:
training knows no family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

from aspectra.config import FinetuneConfig, PretrainConfig, TrainingConfig
from aspectra.errors import UserError
from aspectra.progress import Bar
from aspectra.schema import Example, Prediction
from aspectra.students.corpus import Side

Progress = Callable[[str, float | None], AbstractContextManager[Bar]]
"""What opens a bar with a label and a total."""


class Rows(Protocol):
    """Training rows of a family, each a mapping that its `collate` understands."""

    kinds: tuple[str, ...]
    """What losses are told apart by: kinds of answers, or a task."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Mapping[str, Any]: ...

    def lengths(self) -> list[int]:
        """Tokens of every row."""
        ...


@dataclass(frozen=True)
class Lessons:
    """What is learned: rows, how many of them decide the steps of an epoch, and what was too long and lost its end."""

    rows: Rows
    number: int
    cut: dict[str, int]
    weights: str | Mapping[str, float] = "proportional"
    """The w_k of the kinds, where the settings name none (`objective.weigh`)."""


class Student(Protocol):
    """A model in memory that is taught."""

    model: Any
    """The torch module whose weights are trained."""
    tokenizer: Any
    info: dict[str, Any]
    """What `aspectra.json` says: task, family, provenance..."""
    counted: str
    """What a loss is of: "answer tokens" say. Figures and logs call it `answer_tokens`, as they always have."""

    @property
    def family(self) -> str: ...

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def copied(self) -> Self:
        """The same with weights of its own."""
        ...

    def adapt(self, rank: int) -> None:
        """Train LoRA adapters of that rank in place of the weights."""
        ...

    def merge(self) -> None:
        """Put adapters into the weights, if there are any."""
        ...

    def from_corpus(self, side: Side, config: PretrainConfig, tick: Callable[[int], None]) -> Lessons:
        """What it learns from one side of a corpus; `tick` is told how many lines are read.

        Raises UserError where the corpus has nothing for it, or lacks a kind that the settings name.
        """
        ...

    def from_examples(self, examples: Sequence[Example], config: FinetuneConfig) -> Lessons:
        """What it learns from labeled sentences of a task."""
        ...

    def learned(self, config: PretrainConfig) -> dict[str, Any]:
        """What `aspectra.json` must say of what pretraining taught it: `task` and `labels`, None where it learned no
        task."""
        ...

    def asked_as(self, config: TrainingConfig) -> dict[str, Any]:
        """What `aspectra.json` must say so that it is asked as it was taught."""
        ...

    def settle(self, side: Side, config: PretrainConfig, progress: Progress) -> None:
        """Set what is chosen on held-out text once all is learned; a bar shows only if that takes reading. A writer
        has nothing to set."""
        ...

    def pace(self, name: str) -> float:
        """How many times the learning rate the weight of that name is trained at."""
        ...

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Rows -> tensors, padded to the longest of the batch only."""
        ...

    def counts(self, batch: Mapping[str, Any], kinds: int) -> Any:
        """How many losses of each kind a batch has: a tensor of `kinds` integers."""
        ...

    def losses(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """(losses in nats, the kind of each) of a batch, two tensors of one length. `model` is its own, or wraps it."""
        ...

    def predict(
        self, texts: Sequence[str], config: FinetuneConfig, device: str, tick: Callable[[int], None]
    ) -> list[Prediction]:
        """The opinions of each text, in their order, for the task that it is being tuned for."""
        ...

    def card(self, title: str, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
        """The model card in Markdown. `marker` is what stands before its input, where something does."""
        ...

    def save(self, folder: Path, info: Mapping[str, Any], card: str) -> None:
        """Write the model folder: weights in safetensors, `aspectra.json` and the card.

        Raises UserError for weights that are no numbers.
        """
        ...


def diverged() -> UserError:
    """What to say of a training whose numbers ran away."""
    return UserError("the training diverged: its loss is not a number; use a lower learning_rate and another --out")
