"""A predictor that is not loaded yet, as `aspectra.analyze.analysis` is given it by its callers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aspectra.manifest import digest
from aspectra.readers.extraction import Extractor
from aspectra.readers.opening import absent
from aspectra.readers.predictor import load


@dataclass(frozen=True)
class Source:
    """`load` makes the predictor and can be sent to a worker process, `identity` tells it from others.

    `name` is what the report calls it.
    """

    identity: str
    load: Callable[[], Extractor]
    name: str


def student(model: str | Path, *, min_confidence: float = 0.0, **options: Any) -> Source:
    """The student in a folder, exported or as `transformers` has it; `options` are the others of `aspectra.load`.

    With a least confidence it is another reader: what it finds is not mixed with what it finds without.

    Raises UserError where there is no such folder; whether it holds a student shows when it is loaded.
    """
    folder = Path(model)
    if not folder.is_dir():
        raise absent(model)
    identity = digest(folder)
    if min_confidence:
        identity += f" from {min_confidence:g}"
        options["min_confidence"] = min_confidence
    return Source(identity, partial(load, folder.absolute(), **options), str(model))
