"""Intervals of figures and tests of differences, over sentences; spread over seeds. Called by `summary` and the report.

Interval: the percentile bootstrap (Efron and Tibshirani 1993; for NLP systems Koehn 2004, "Statistical significance
tests for machine translation evaluation"): draw sentences with replacement, the same draw for both systems, and score
each draw. Test: approximate randomization (Noreen 1989; for F1 Yeh 2000, "More accurate tests for the statistical
significance of result differences"): swap the two systems' answers to each sentence at random. Several tests: Holm's
step-down correction (Holm 1979). A figure is the mean over seeds of micro-F1. A sentence is drawn or swapped with all
its seeds at once, so both methods cover the variation over sentences, not over seeds; `two_level` covers both.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

# For each sentence: correct predictions, predictions, gold entries found, gold entries.
Counts = Sequence[tuple[int, int, int, int]]

CHUNK = 1 << 18  # draws x sentences at once: 2 MB of weights, however many draws


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % percentile interval, as a fraction."""

    value: float
    low: float
    high: float


def f1_interval(runs: Sequence[Counts], draws: int = 2000, seed: int = 0, scoring: str = "strict") -> Interval:
    """Mean micro-F1 over runs (seeds) of one system, with the interval over drawn sentences."""
    return _interval([runs], draws, seed, scoring)


def difference(
    one: Sequence[Counts], other: Sequence[Counts], draws: int = 2000, seed: int = 0, scoring: str = "strict"
) -> Interval:
    """Mean micro-F1 of `one` minus that of `other`, with the interval over drawn sentences, paired.

    Both are lists of runs (seeds) on the same sentences. The interval covers other sentences, not other seeds.
    """
    return _interval([one, other], draws, seed, scoring)


def permutation(
    one: Sequence[Counts], other: Sequence[Counts], draws: int = 10_000, seed: int = 0, scoring: str = "strict"
) -> float:
    """Two-sided p of the paired approximate randomization test: the null is that the systems' answers are exchangeable.

    Both are lists with the same number of runs (seeds) on the same sentences, which are paired. p = (1 + draws with a
    difference at least as large as the observed one) / (1 + draws), which is never 0.
    """
    import numpy as np

    ours, theirs = table(one), table(other)
    if ours.shape != theirs.shape:
        raise ValueError(f"runs and sentences are paired, but there are {ours.shape[:2]} and {theirs.shape[:2]}")
    whole, others = ours.sum(axis=1), theirs.sum(axis=1)
    seen = abs(float(f1(whole, scoring).mean() - f1(others, scoring).mean()))
    random = np.random.default_rng(seed)
    gap = (theirs - ours).astype(float)
    extreme = 0
    for size in _chunks(draws, ours.shape[1]):
        moved = _weighted(random.integers(0, 2, size=(size, ours.shape[1]), dtype=np.int8), gap)
        drawn = f1(whole + moved, scoring).mean(axis=-1) - f1(others - moved, scoring).mean(axis=-1)
        # Equal differences may differ in the last digit.
        extreme += int((np.abs(drawn) >= seen - 1e-12).sum())
    return (1 + extreme) / (1 + draws)


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p-values of a family of tests, in their order. Those at most alpha are rejected at family level alpha.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted = [0.0] * len(ps)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[index]))
        adjusted[index] = largest
    return adjusted


def spread(values: Sequence[float]) -> dict[str, float | None]:
    """Mean, standard deviation (n - 1; None for a single value), minimum and maximum of figures over seeds."""
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return {"mean": statistics.fmean(values), "sd": deviation, "min": min(values), "max": max(values)}


def differs(interval: Interval, p_holm: float, alpha: float = 0.05) -> bool:
    """Whether a difference holds over sentences: the paired interval excludes 0, the corrected p is at most alpha."""
    return (interval.low > 0 or interval.high < 0) and p_holm <= alpha


def table(runs: Sequence[Counts]) -> Any:
    """Counts as an array: runs x sentences x 4."""
    import numpy as np

    return np.asarray(runs, dtype=np.int64).reshape(len(runs), -1, 4)


def redrawn(systems: Sequence[Sequence[Counts]], draws: int, seed: int, scoring: str) -> list[Any]:
    """F1 of each run on sentences drawn with replacement: for each system an array of draws x runs.

    All runs of all systems get the same draws of sentences.
    """
    import numpy as np

    random, tables = np.random.default_rng(seed), [table(runs) for runs in systems]
    count = tables[0].shape[1]
    shares = np.full(count, 1 / count)
    found: list[list[Any]] = [[] for _ in tables]
    for size in _chunks(draws, count):
        weights = random.multinomial(count, shares, size=size)
        for scores, counts in zip(found, tables, strict=True):
            scores.append(f1(_weighted(weights, counts), scoring))
    return [np.concatenate(scores) for scores in found]


def _interval(systems: Sequence[Sequence[Counts]], draws: int, seed: int, scoring: str) -> Interval:
    import numpy as np

    def figure(scores: Sequence[Any]) -> Any:
        one, *other = (each.mean(axis=-1) for each in scores)
        return one - other[0] if other else one

    value = float(figure([f1(table(runs).sum(axis=1), scoring) for runs in systems]))
    low, high = (float(x) for x in np.percentile(figure(redrawn(systems, draws, seed, scoring)), [2.5, 97.5]))
    return Interval(value, low, high)


def _weighted(weights: Any, counts: Any) -> Any:
    """Sums of counts (runs x sentences x 4) for each draw of weights (draws x sentences): draws x runs x 4."""
    import numpy as np

    # One matrix product in floats: exact for integers of this size, and fast.
    flat = counts.transpose(1, 0, 2).reshape(counts.shape[1], -1).astype(float)
    return (np.asarray(weights, dtype=float) @ flat).reshape(len(weights), counts.shape[0], 4)


def f1(sums: Any, scoring: str) -> Any:
    """Micro-F1 of sums (... x 4). The scoring decides the value of 0/0."""
    import numpy as np

    nothing = 1.0 if scoring == "paper" else 0.0
    correct, predicted, found, gold = (np.asarray(sums[..., k], dtype=float) for k in range(4))
    precision = np.divide(correct, predicted, out=np.full_like(correct, nothing), where=predicted > 0)
    recall = np.divide(found, gold, out=np.full_like(found, nothing), where=gold > 0)
    both = precision + recall
    return np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)


def _chunks(draws: int, sentences: int) -> Iterator[int]:
    """Split `draws` into parts that fit into memory."""
    size = max(1, CHUNK // max(1, sentences))
    for first in range(0, draws, size):
        yield min(size, draws - first)
