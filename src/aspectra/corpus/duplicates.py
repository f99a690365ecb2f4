"""Finds reviews that say the same: equal words, or nearly so. Called by `aspectra.corpus.build`.

Nearly: Jaccard similarity of the sets of 5-word runs; candidates by MinHash with locality-sensitive hashing
(datasketch), each then checked exactly.
"""

from __future__ import annotations

from aspectra.corpus.words import words

SHINGLE = 5
PERMUTATIONS = 64


class Seen:
    """The reviews met so far."""

    def __init__(self, threshold: float) -> None:
        from datasketch import MinHashLSH

        self.threshold = threshold
        self.exact: set[tuple[str, ...]] = set()
        self.shingles: list[frozenset[str]] = []
        # The index proposes at a lower similarity than asked for, so that few true pairs are missed.
        self.index = MinHashLSH(threshold=max(0.1, threshold - 0.2), num_perm=PERMUTATIONS)

    def meet(self, text: str) -> str | None:
        """Remember a review; `exact` or `near` if one like it was met before."""
        from datasketch import MinHash

        said = words(text)
        if said in self.exact:
            return "exact"
        self.exact.add(said)
        runs = frozenset(" ".join(said[i : i + SHINGLE]) for i in range(max(1, len(said) - SHINGLE + 1)))
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([run.encode() for run in sorted(runs)])
        if any(similarity(runs, self.shingles[i]) >= self.threshold for i in self.index.query(sketch)):
            return "near"
        self.index.insert(len(self.shingles), sketch)
        self.shingles.append(runs)
        return None


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity of two sets."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0
