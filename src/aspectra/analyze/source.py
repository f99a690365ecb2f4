"""A predictor that is not loaded yet, as `aspectra.analyze.analysis` is given it by its callers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aspectra.info import about, language, named, quality
from aspectra.manifest import digest
from aspectra.readers.extraction import Extractor
from aspectra.readers.opening import absent, chosen
from aspectra.readers.predictor import load
from aspectra.readers.taggers.meanings import lent


@dataclass(frozen=True)
class Source:
    """`load` makes the predictor and can be sent to a worker process, `identity` tells it from others.

    `name` is what the report calls it, `about` what outputs say of it ({"name", "version", "digest"}), `language` the
    one whose sentences it is made for; None where that is not known. `meanings` is the folder of the table of meanings
    to put its targets together by, None without one; `quality` is how good it was where it was made (`info.quality`).
    """

    identity: str
    load: Callable[[], Extractor]
    name: str
    about: Mapping[str, Any] | None = None
    language: str | None = None
    meanings: Path | None = None
    quality: Mapping[str, Any] | None = None


def student(model: str | Path | None, *, min_confidence: float = 0.0, targets: str = "en", **options: Any) -> Source:
    """The student in a folder, exported or as `transformers` has it; None: the reader that comes with Aspectra.
    `targets` is the language of its targets, `options` are the others of `aspectra.load`.

    With a least confidence it is another reader: what it finds is not mixed with what it finds without.

    Raises UserError where there is no such folder; whether it holds a student shows when it is loaded.
    """
    folder = Path(chosen(model))
    if not folder.is_dir():
        raise absent(folder)
    identity = digest(folder)
    if min_confidence:
        identity += f" from {min_confidence:g}"
        options["min_confidence"] = min_confidence
    name = " ".join(filter(None, named(folder))) if model is None else str(model)
    opened = partial(load, folder.absolute(), **options)
    good = quality(folder, min_confidence)
    return Source(identity, opened, name, about(folder), language(folder), lent(folder, targets), good)
