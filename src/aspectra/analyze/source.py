"""A predictor that is not loaded yet: an input of `aspectra.analyze.analysis`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aspectra.info import about, language, named, of_a_model, quality
from aspectra.manifest import digest
from aspectra.readers.extraction import Extractor
from aspectra.readers.opening import absent, chosen, unnamed
from aspectra.readers.predictor import load
from aspectra.readers.taggers.meanings import lent
from aspectra.weights import check

SURE = " from "  # in an identity, between the model's digest and the minimum confidence


@dataclass(frozen=True)
class Source:
    """`load` makes the predictor and can be sent to a worker process; `identity` distinguishes it from others.

    `name` is its name in the report, `about` its entry in outputs ({"name", "version", "digest"}), `language` the
    language that it is made for; None if it is not known. `meanings` is the folder of the table of meanings for its
    targets, None without one. `quality` are its scores from when it was made (`info.quality`).
    `note` is a line for stderr when the reading begins.
    """

    identity: str
    load: Callable[[], Extractor]
    name: str
    about: Mapping[str, Any] | None = None
    language: str | None = None
    meanings: Path | None = None
    quality: Mapping[str, Any] | None = None
    note: str | None = None


def student(model: str | Path | None, *, min_confidence: float = 0.0, targets: str = "en", **options: Any) -> Source:
    """The student in a folder, exported or in transformers' format; None: the reader that comes with Aspectra.
    `targets` is the language of its targets, `options` are the other arguments of `aspectra.load`.

    With a minimum confidence it has another identity, so the results are not mixed.

    Raises UserError if the folder does not exist or has no model; its content is checked when it is loaded.
    """
    folder = Path(chosen(model))
    if not folder.is_dir():
        raise absent(folder)
    if not of_a_model(folder):
        check(folder)  # says what is missing, before all files of some folder are hashed
    identity = digest(folder)
    if min_confidence:
        identity += f"{SURE}{min_confidence:g}"
        options["min_confidence"] = min_confidence
    name = " ".join(filter(None, named(folder))) if model is None else str(model)
    opened = partial(load, folder.absolute(), **options)
    good = quality(folder, min_confidence)
    note = unnamed() if model is None else None
    return Source(identity, opened, name, about(folder), language(folder), lent(folder, targets), good, note)


def parted(identity: str) -> tuple[str, str]:
    """The model's digest and the minimum confidence of an identity, "0" without one.

    >>> parted("3f2a from 0.5"), parted("3f2a")
    (('3f2a', '0.5'), ('3f2a', '0'))
    """
    model, _, confidence = identity.partition(SURE)
    return model, confidence or "0"
