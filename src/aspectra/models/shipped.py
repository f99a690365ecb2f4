"""The reader that comes with Aspectra: an export for reading, and a student for training.

Used by `aspectra.models`. `aspectra.readers.opening` uses it if no model is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aspectra import places
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import digest, is_export
from aspectra.models.caching import cache, once
from aspectra.models.recovery import recover
from aspectra.progress import say

READER = "reader-en"


def reader() -> Path:
    """Its folder. Raises UserError if this installation has none."""
    if not is_export(places.MODEL):
        raise UserError("this installation of Aspectra has no reader; name a student with --model")
    return places.MODEL


@dataclass(frozen=True)
class Shipped:
    """The student that the shipped reader was exported from, as far as it can be recovered."""

    about: str
    source = "shipped"

    def pin(self, name: str) -> str:
        """A manifest's record of it. Raises UserError if there is none."""
        return f"{name} {digest(reader())}"

    def is_here(self, name: str) -> bool:
        """Whether this installation has it."""
        return is_export(places.MODEL)

    def folder(self, name: str) -> Path:
        """Its folder, made once for each version of the reader.

        Raises UserError if there is none, MissingExtraError if a package for the conversion is missing.
        """
        shipped = reader()

        def make(work: Path) -> None:
            need("train", f"the student {name}", "onnx")
            say(f"{name}: converting the shipped reader to trainable weights in {cache()} (once)")
            recover(shipped, work / "model")

        return once(name, make, digest(shipped))
