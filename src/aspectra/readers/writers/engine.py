"""What writes a writer's answers: a Protocol.

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
    """An answer: its ids without the end token, whether the limit cut it, and log p of each id after those before."""

    ids: list[int]
    cut: bool
    logs: list[float]


class Grammar(Protocol):
    """What an answer may be. A state is opaque; `step` moves it by a token that was `allowed`."""

    def start(self) -> Any:
        """The state before the first token."""
        ...

    def allowed(self, state: Any) -> Collection[int]:
        """The ids that may come next, the end token among them where the answer may end."""
        ...

    def step(self, state: Any, token: int) -> Any:
        """The state after a token."""
        ...


class Engine(Protocol):
    """A student at work, greedy. `info` is what its `aspectra.json` says."""

    info: dict[str, Any]
    encoder: Encoder

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    def write(
        self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Sequence[Grammar] | None = None
    ) -> list[Written]:
        """The answers to a batch of prompts; with `grammars`, the likeliest token is taken among the allowed ones.

        Log probabilities are the student's own, whatever is allowed.
        """
        ...

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        """For each stem the natural log of the probability of each of its ways, in one batch."""
        ...
