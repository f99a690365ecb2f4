"""The Protocol of an engine that runs a writer.

`in_torch` runs a student's own folder with transformers, `in_ct2` an export with CTranslate2; `readers.opening`
chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from aspectra.students.writers.encoder import Encoder
from aspectra.students.writers.stems import Stem


@dataclass(frozen=True, slots=True)
class Written:
    """An answer: its ids without the end token, whether the limit cut it, and the conditional log p of each id."""

    ids: list[int]
    cut: bool
    logs: list[float]


class Grammar(Protocol):
    """Constrains an answer. A state is opaque; `step` advances it by an `allowed` token."""

    def start(self) -> Any:
        """The state before the first token."""
        ...

    def allowed(self, state: Any) -> Collection[int]:
        """The ids that may come next, including the end token if the answer may end."""
        ...

    def step(self, state: Any, token: int) -> Any:
        """The state after a token."""
        ...


class Engine(Protocol):
    """Runs a student, greedy. `info` is the content of its `aspectra.json`."""

    info: dict[str, Any]
    encoder: Encoder

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        """The answers to a batch of prompts. With `grammars`, only allowed tokens are chosen.

        Log probabilities are always the student's own, without constraints.
        """
        ...

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        """For each stem, the natural log of the probability of each of its continuations, in one batch."""
        ...
