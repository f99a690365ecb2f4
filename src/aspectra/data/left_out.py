"""Training sentences to leave out because a benchmark set has them too: hashes in a file next to the set.

The list is in the repository, so that trained weights do not depend on which benchmark sets are installed. Called by
`aspectra.pipeline`; `benchmarks.reviews_en` writes it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LEFT_OUT = "left-out.txt"


def fingerprint(text: str) -> str:
    """The sha256 of a sentence in lower case with single spaces."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def left_out(folder: Path) -> frozenset[str]:
    """The hashes in a set's `left-out.txt`, one on each line; empty without that file."""
    file = folder / LEFT_OUT
    return frozenset(file.read_text(encoding="utf-8").split()) if file.is_file() else frozenset()
