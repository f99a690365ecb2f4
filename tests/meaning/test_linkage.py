"""Average linkage: the same groups as merging the nearest pair again and again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from aspectra.meaning.linkage import average_linkage, cut
from aspectra.readers.taggers.meanings import unit


def slowly(vectors: Any, weights: Any, least: float) -> set[frozenset[int]]:
    """By the definition: the mean cosine over all pairs of members, weighted, computed anew for each pair of groups."""
    near = vectors @ vectors.T
    groups = [frozenset([n]) for n in range(len(vectors))]

    def cosine(one: frozenset[int], other: frozenset[int]) -> float:
        pairs = [(weights[a] * weights[b], near[a, b]) for a in one for b in other]
        return float(sum(w * c for w, c in pairs) / sum(w for w, _ in pairs))

    while len(groups) > 1:
        best = max(((cosine(a, b), a, b) for n, a in enumerate(groups) for b in groups[:n]), key=lambda one: one[0])
        if best[0] < least:
            break
        groups = [group for group in groups if group not in best[1:]] + [best[1] | best[2]]
    return set(groups)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("least", [-1.0, 0.05, 0.3, 0.9])
def test_groups_are_those_of_merging_the_nearest_pair_each_time(seed: int, least: float) -> None:
    drawn = np.random.default_rng(seed)
    vectors = unit(drawn.normal(size=(24, 5))).astype(np.float32)
    weights = drawn.integers(1, 9, size=24).astype(float)
    groups = cut(average_linkage(vectors, weights), 24, least)
    found = {frozenset(n for n, group in enumerate(groups) if group == one) for one in groups}
    assert found == slowly(vectors, weights, least)
    assert all(group == min(n for n, same in enumerate(groups) if same == group) for group in groups), "by the first"


def test_equal_vectors_end_in_one_group_and_one_alone_is_its_own() -> None:
    same = np.tile(np.array([[1.0, 0.0]], np.float32), (6, 1))
    assert cut(average_linkage(same, np.ones(6)), 6, 0.99) == [0] * 6
    assert average_linkage(same[:1], np.ones(1)) == [] and cut([], 1, 0.0) == [0]
