"""Finds duplicate and near-duplicate reviews. Called by `aspectra.corpus.build` and `aspectra.pipeline.apart`.

Near-duplicates: by Jaccard similarity of the sets of 5-word runs. MinHash with locality-sensitive hashing (datasketch)
proposes candidates, which are then checked exactly.
"""

from __future__ import annotations

from typing import Any

from aspectra.corpus.words import words

SHINGLE = 5
PERMUTATIONS = 64


class Seen:
    """The reviews seen so far."""

    def __init__(self, threshold: float) -> None:
        from datasketch import MinHashLSH

        self.threshold = threshold
        self.exact: set[tuple[str, ...]] = set()
        self.shingles: list[frozenset[str]] = []
        # The index uses a lower threshold, so that it misses few true pairs.
        self.index = MinHashLSH(threshold=max(0.1, threshold - 0.2), num_perm=PERMUTATIONS)

    def like(self, text: str) -> str | None:
        """`exact` or `near` if a similar review was seen before. Does not remember this one."""
        return self._look(words(text))[0]

    def meet(self, text: str) -> str | None:
        """Remember a review. Returns `exact` or `near` if a similar one was seen before."""
        said = words(text)
        like, runs, sketch = self._look(said)
        self.exact.add(said)
        if like is None:
            self.index.insert(len(self.shingles), sketch)
            self.shingles.append(runs)
        return like

    def _look(self, said: tuple[str, ...]) -> tuple[str | None, frozenset[str], Any]:
        """The kind of match with an earlier review, the review's word runs, and their MinHash (None if not needed)."""
        from datasketch import MinHash

        if said in self.exact:
            return "exact", frozenset(), None
        runs = frozenset(" ".join(said[i : i + SHINGLE]) for i in range(max(1, len(said) - SHINGLE + 1)))
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([run.encode() for run in sorted(runs)])
        near = any(similarity(runs, self.shingles[i]) >= self.threshold for i in self.index.query(sketch))
        return "near" if near else None, runs, sketch


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard similarity of two sets."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0
