"""The engine that runs a student's own folder with torch. Called by `aspectra.readers.opening` and `export`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from aspectra import machine
from aspectra.quiet import quiet
from aspectra.readers.taggers.engine import Engine
from aspectra.schema import Span
from aspectra.students.taggers.reading import Read, read
from aspectra.students.taggers.tagger import Tagger
from aspectra.students.taggers.words import Pieces


class Whole(Engine):
    """Implements `engine.Engine`."""

    def __init__(self, tagger: Tagger, device: str = "cpu", bf16: bool = False, batch_size: int = 32) -> None:
        self.tagger, self.device, self.bf16, self.batch_size = tagger, device, bf16, batch_size
        self.info: dict[str, Any] = tagger.info
        self.encoder = tagger.encoder()

    @classmethod
    def open(
        cls, folder: Path, threads: int | None = None, device: str = "auto", bf16: bool = False, batch_size: int = 32
    ) -> Self:
        """The tagger in a folder, on a device. Raises UserError if there is none, or no such device."""
        machine.use_threads(threads)
        place = machine.device(device)
        return cls(Tagger.load(folder, place), place, bf16, batch_size)

    @property
    def parameters(self) -> int:
        return self.tagger.parameters

    @property
    def categories(self) -> tuple[str, ...]:
        return self.tagger.categories

    def read(
        self,
        pieces: Sequence[Pieces],
        tick: Callable[[int], object] = lambda _: None,
        given: Sequence[Sequence[Span]] | None = None,
    ) -> list[Read]:
        import torch

        with quiet(), torch.inference_mode(), machine.autocast(self.device, self.bf16):
            return read(self.tagger.model, pieces, self.tagger.pad, self.batch_size, tick, given)
