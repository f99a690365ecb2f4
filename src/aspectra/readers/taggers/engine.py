"""The Protocol of an engine that runs a tagger.

`in_torch` runs a student's own folder, `in_onnx` an export with onnxruntime; `readers.opening` chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

from aspectra.schema import Span
from aspectra.students.taggers.reading import Read
from aspectra.students.taggers.words import Encoder, Pieces


class Engine(Protocol):
    """Runs a tagger. `info` is the content of its `aspectra.json`."""

    info: dict[str, Any]
    encoder: Encoder

    @property
    def parameters(self) -> int:
        """Number of weights, tied ones counted once."""
        ...

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that it predicts, as written in answers; empty if its task has none."""
        ...

    def read(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> list[Read]:
        """The output for each sentence, in order; with `given`, for these spans of words.

        `tick` gets the number of sentences done.
        """
        ...

    def begin(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> Callable[[], list[Read]]:
        """Begin to read, in other threads if the engine can; the function returned waits for the result of `read`."""
        return partial(self.read, pieces, tick, given)
