"""Sentences that no student learns from, for a benchmark set has them too: listed by hash beside a set's files.

A list in the repository, and not a look at the benchmark sets that happen to be here: so the weights that are made from
a set do not depend on what lies beside it. Called by `aspectra.pipeline` and `benchmarks.reviews_en`, which writes it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LEFT_OUT = "left-out.txt"


def fingerprint(text: str) -> str:
    """The sha256 of a sentence in lower case with single spaces."""
    return hashlib.sha256(" ".join(text.lower().split()).encode()).hexdigest()


def left_out(folder: Path) -> frozenset[str]:
    """The fingerprints that a set's folder lists in `left-out.txt`, one a line; none where it has no such file."""
    file = folder / LEFT_OUT
    return frozenset(file.read_text(encoding="utf-8").split()) if file.is_file() else frozenset()
