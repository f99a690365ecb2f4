"""What reads a tagger's pieces: a Protocol.

`in_torch` runs a student's own folder, `in_onnx` an export with onnxruntime; `readers.opening` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from aspectra.schema import Span
from aspectra.students.taggers.reading import Read
from aspectra.students.taggers.words import Encoder, Pieces


class Engine(Protocol):
    """A tagger at work. `info` is what its `aspectra.json` says."""

    info: dict[str, Any]
    encoder: Encoder

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it tells apart, as answers have them; none where its task has none."""
        ...

    def read(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> list[Read]:
        """What is found in each sentence, in their order; with `given`, what these spans of words are called.

        `tick` is told how many sentences are done.
        """
        ...
