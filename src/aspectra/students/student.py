"""The interface between training and the families of students: examples in, a model folder out.

Implemented by `writers.student` and `taggers.student`; `families` chooses. Training asks the student what it can do and
does not depend on a family.
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
    """The names that group losses: kinds of answers, or a task."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Mapping[str, Any]: ...

    def lengths(self) -> list[int]:
        """Tokens of every row."""
        ...


@dataclass(frozen=True)
class Lessons:
    """Training rows, how many of them set the steps of an epoch, and how many inputs (and answers) were truncated."""

    rows: Rows
    number: int
    cut: dict[str, int]
    weights: str | Mapping[str, float] = "proportional"
    """The w_k of the kinds, if the settings give none (`objective.weigh`)."""


class Student(Protocol):
    """A model in memory that is trained."""

    model: Any
    """The torch module whose weights are trained."""
    tokenizer: Any
    info: dict[str, Any]
    """The content of `aspectra.json`: task, family, provenance..."""
    counted: str
    """The unit of a loss, such as "answer tokens". Figures and logs always call it `answer_tokens`."""

    @property
    def family(self) -> str: ...

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def copied(self) -> Self:
        """A copy with its own weights."""
        ...

    def adapt(self, rank: int) -> None:
        """Train LoRA adapters of that rank instead of the weights."""
        ...

    def merge(self) -> None:
        """Merge adapters into the weights, if there are any."""
        ...

    def from_corpus(self, side: Side, config: PretrainConfig, tick: Callable[[int], None]) -> Lessons:
        """Training rows from one side of a corpus; `tick` gets the number of lines read.

        Raises UserError if the corpus has nothing for this student, or lacks a kind that the settings name.
        """
        ...

    def from_examples(self, examples: Sequence[Example], config: FinetuneConfig) -> Lessons:
        """Training rows from labeled sentences of a task."""
        ...

    def learned(self, config: PretrainConfig) -> dict[str, Any]:
        """Entries of `aspectra.json` on what pretraining taught: `task` and `labels`, both None without a task."""
        ...

    def asked_as(self, config: TrainingConfig) -> dict[str, Any]:
        """Entries of `aspectra.json` that make inference use the same input format as training."""
        ...

    def settle(self, side: Side, config: PretrainConfig, progress: Progress) -> None:
        """Choose settings on held-out text after training; a bar shows only if that takes reading. Writers: none."""
        ...

    def fresh(self, name: str) -> bool:
        """Whether the weight of that name was not trained before, but drawn at random."""
        ...

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Rows -> tensors, padded to the longest of the batch only."""
        ...

    def counts(self, batch: Mapping[str, Any], kinds: int) -> Any:
        """The number of losses of each kind in a batch: a tensor of `kinds` integers."""
        ...

    def losses(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        """(losses in nats, the kind of each) of a batch, two tensors of equal length. `model` may be a wrapper of its
        own."""
        ...

    def predict(
        self, texts: Sequence[str], config: FinetuneConfig, device: str, tick: Callable[[int], None]
    ) -> list[Prediction]:
        """The opinions of each text, in order, for the task of this fine-tuning."""
        ...

    def card(self, title: str, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
        """The model card in Markdown. `marker` is the prefix of its input, if there is one."""
        ...

    def save(self, folder: Path, info: Mapping[str, Any], card: str) -> None:
        """Write the model folder: weights in safetensors, `aspectra.json` and the card.

        Raises UserError if a weight is not finite.
        """
        ...


def diverged() -> UserError:
    """The error for a training whose loss or weights are not finite."""
    return UserError("the training diverged: its loss is not a number; use a lower learning_rate and another --out")
