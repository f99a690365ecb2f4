"""Finds reviews that say the same: equal words, or nearly so. Called by `aspectra.corpus.build` and
`aspectra.pipeline.apart`.

Nearly: Jaccard similarity of the sets of 5-word runs; candidates by MinHash with locality-sensitive hashing
(datasketch), each then checked exactly.
"""

from __future__ import annotations

from typing import Any

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

    def like(self, text: str) -> str | None:
        """`exact` or `near` if a review like this one was met before; it is not remembered."""
        return self._look(words(text))[0]

    def meet(self, text: str) -> str | None:
        """Remember a review; `exact` or `near` if one like it was met before."""
        said = words(text)
        like, runs, sketch = self._look(said)
        self.exact.add(said)
        if like is None:
            self.index.insert(len(self.shingles), sketch)
            self.shingles.append(runs)
        return like

    def _look(self, said: tuple[str, ...]) -> tuple[str | None, frozenset[str], Any]:
        """How a review is like one that was met, its word runs, and their sketch (None where it is not needed)."""
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
