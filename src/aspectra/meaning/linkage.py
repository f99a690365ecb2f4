"""Clusters vectors: average linkage over cosines, in numpy. Called by `aspectra.meaning.grouping`."""

from __future__ import annotations

from typing import Any


def average_linkage(vectors: Any, weights: Any) -> list[tuple[int, int, float]]:
    """Merge the two nearest groups until one is left.

    `vectors` (n, width) are of length one; `weights` (n) are their weights in the mean of a group. The similarity of
    two groups is the mean cosine over all pairs of their members. Returns the n - 1 merges, the nearest first: (a
    member of the one, a member of the other, cosine).

    Nearest-neighbor chains give the same tree as merging the nearest pair each time, in time n squared (Murtagh, "A
    Survey of Recent Advances in Hierarchical Clustering Algorithms", 1983). Memory: n squared float32.
    """
    import numpy as np

    number = len(vectors)
    near = (vectors @ vectors.T).astype(np.float32)
    np.fill_diagonal(near, -np.inf)
    size = np.asarray(weights, np.float64).copy()
    alive = np.ones(number, bool)
    merges: list[tuple[int, int, float]] = []
    chain: list[int] = []
    first = 0
    while len(merges) < number - 1:
        if not chain:
            while not alive[first]:
                first += 1
            chain.append(first)
        while True:
            here = chain[-1]
            row = near[here]
            other = int(row.argmax())
            if len(chain) > 1 and row[chain[-2]] >= row[other]:  # on a tie the previous one, or the chain never ends
                other = chain[-2]
                break
            chain.append(other)
        del chain[-2:]
        kept, gone = min(here, other), max(here, other)
        merges.append((kept, gone, float(near[kept, gone])))
        mixed = (size[kept] * near[kept] + size[gone] * near[gone]) / (size[kept] + size[gone])
        mixed[kept] = -np.inf
        near[kept] = near[:, kept] = mixed
        near[gone] = near[:, gone] = -np.inf
        size[kept] += size[gone]
        alive[gone] = False
    return sorted(merges, key=lambda merge: -merge[2])


def cut(merges: list[tuple[int, int, float]], number: int, least: float) -> list[int]:
    """The group of each of `number` members: merges with a cosine of at least `least` are applied. A group is named by
    its first member.
    """
    parent = list(range(number))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for a, b, cosine in merges:
        if cosine < least:
            break
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    return [root(one) for one in range(number)]
