"""A predictor that is not loaded yet, so that a worker process can have one of its own.

Called by `aspectra.analyze.analysis`, `parts` and `frames`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aspectra.manifest import digest
from aspectra.readers.extraction import Extractor
from aspectra.readers.opening import absent


@dataclass(frozen=True)
class Source:
    """A predictor that is not loaded yet: `load` can be sent to a worker process, `identity` tells it from others.

    `name` is what the report calls it.
    """

    identity: str
    load: Callable[[], Extractor]
    name: str


def student(model: str | Path, **options: Any) -> Source:
    """The student in a folder, exported or as `transformers` has it; `options` are those of `aspectra.load`.

    Raises UserError where there is no such folder.
    """
    folder = Path(model)
    if not folder.is_dir():
        raise absent(model)
    return Source(digest(folder), partial(load, folder.absolute(), **options), str(model))


def load(folder: Path, **options: Any) -> Extractor:
    """The predictor of a folder. Raises UserError where it holds no student."""
    from aspectra.readers import predictor

    return predictor.load(folder, **options)
