"""The reader that comes with Aspectra: an export to read with, and a student to train on.

Named by `aspectra.models`; `aspectra.readers.opening` takes it where no model is named.
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
    """Its folder. Raises UserError where this installation has none."""
    if not is_export(places.MODEL):
        raise UserError("this installation of Aspectra has no reader; name a student with --model")
    return places.MODEL


@dataclass(frozen=True)
class Shipped:
    """The student that the shipped reader was exported from, as far as its file still tells."""

    about: str
    source = "shipped"

    def pin(self, name: str) -> str:
        """What a manifest records of it. Raises UserError where there is none."""
        return f"{name} {digest(reader())}"

    def is_here(self, name: str) -> bool:
        """Whether it need not be fetched."""
        return is_export(places.MODEL)

    def folder(self, name: str) -> Path:
        """Its folder, made once of each version of the reader. Raises UserError where there is none, MissingExtraError
        without what makes it."""
        shipped = reader()

        def make(work: Path) -> None:
            need("train", f"the student {name}", "onnx")
            say(f"{name}: converting the shipped reader to trainable weights in {cache()} (once)")
            recover(shipped, work / "model")

        return once(name, make, digest(shipped))
