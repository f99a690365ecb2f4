"""Which rows were there before, by what stands in them: each as often as it was. Called by `growth`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from aspectra.analyze.columns import WHOLE
from aspectra.analyze.output import plain


def digest(values: Mapping[str, Any]) -> int:
    """Eight bytes of a digest of a row: of its cells by the names of their columns, in whatever order.

    The same row has the same one in every format: a cell without a value is as none, and 5.0 is 5, for data frames
    write a column of whole numbers so from the first empty cell on.

    >>> digest({"a": 5, "b": None}) == digest({"b": "", "a": "5.0"}) != digest({"a": "5.5"})
    True
    """
    cells = sorted((name, written(value)) for name, value in values.items() if not empty(value))
    text = json.dumps(cells, ensure_ascii=False)
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def empty(value: Any) -> bool:
    """Whether a format may as well leave a cell out: nothing, no text, or what data frames write for nothing (NaN)."""
    return value is None or value == "" or value != value


def written(value: Any) -> str:
    """A cell's value as text."""
    text = plain(value)
    return whole[1] if (whole := WHOLE.fullmatch(text)) else text


class Known:
    """The rows of before by their digests, (rows,) of uint64: 12 bytes for each that differs from the others."""

    def __init__(self, digests: Any) -> None:
        import numpy as np

        self.digests, counts = np.unique(digests, return_counts=True)
        self.left = counts.astype(np.uint32)

    def take(self, digest: int) -> bool:
        """Whether such a row was there before, once more than it was taken already."""
        import numpy as np

        place = int(np.searchsorted(self.digests, np.uint64(digest)))
        if place == len(self.digests) or int(self.digests[place]) != digest or not self.left[place]:
            return False
        self.left[place] -= 1
        return True
