"""How sure a difference is: the paired bootstrap over sentences. Called by `aspectra.report`.

Efron and Tibshirani (1993); for NLP systems Koehn (2004), "Statistical significance tests for machine translation
evaluation": draw sentences with replacement, the same draw for both systems, and score each draw anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# Per sentence: correct predictions, predictions, gold entries found, gold entries.
Counts = Sequence[tuple[int, int, int, int]]


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % percentile interval, as a fraction."""

    value: float
    low: float
    high: float


def f1_interval(runs: Sequence[Counts], draws: int = 2000, seed: int = 0) -> Interval:
    """Mean micro-F1 over runs (seeds) of one system, with the interval over drawn sentences."""
    return _interval(_sums(runs), None, draws, seed)


def difference(one: Sequence[Counts], other: Sequence[Counts], draws: int = 2000, seed: int = 0) -> Interval:
    """Mean micro-F1 of `one` minus that of `other`, with the interval over drawn sentences, paired.

    Both are lists of runs (seeds) over the same sentences. The interval speaks of other sentences, not of other seeds.
    """
    return _interval(_sums(one), _sums(other), draws, seed)


def _sums(runs: Sequence[Counts]) -> Any:
    import numpy as np

    return np.asarray(runs, dtype=np.int64).reshape(len(runs), -1, 4)


def _interval(one: Any, other: Any, draws: int, seed: int) -> Interval:
    import numpy as np

    random = np.random.default_rng(seed)
    size = one.shape[1]

    def mean_f1(counts: Any, weights: Any) -> Any:
        total = np.einsum("ds,rsk->drk", weights, counts)
        correct, predicted, found, gold = (total[..., k].astype(float) for k in range(4))
        precision = np.divide(correct, predicted, out=np.zeros_like(correct), where=predicted > 0)
        recall = np.divide(found, gold, out=np.zeros_like(found), where=gold > 0)
        both = precision + recall
        return np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0).mean(axis=1)

    def figure(weights: Any) -> Any:
        return mean_f1(one, weights) - (mean_f1(other, weights) if other is not None else 0)

    value = float(figure(np.ones((1, size), dtype=np.int64))[0])
    drawn = figure(random.multinomial(size, np.full(size, 1 / size), size=draws))
    low, high = (float(x) for x in np.percentile(drawn, [2.5, 97.5]))
    return Interval(value, low, high)
