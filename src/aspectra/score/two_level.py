"""Interval and test of a difference over runs and sentences together: the two-level bootstrap. Called by `summary`.

Both the runs (seeds) and the test sentences are samples. All runs read the same sentences: the factors are crossed, not
nested, and one draw of sentences applies to all runs (Owen 2007, "The pigeonhole bootstrap"). Separate draws for each
run would average away what all runs have in common on a sentence.

The levels are drawn separately and their variances added (Beiden, Wagner and Campbell 2000, "Components-of-variance
models and multiple-bootstrap experiments"). If both were drawn at once, the interaction of one run with one sentence
would count three times (Owen), and the interval's ends would come from the extremes of five runs.
- Runs. The mean of n differences drawn from n of variance s^2 has the variance (n - 1)/n s^2/n, which needs no drawing
  and is too small by (n - 1)/n (Hesterberg 2015, "What Teachers Should Know About the Bootstrap"). So s^2/n is used,
  and its quantile t is Student's with n - 1 degrees of freedom. The effect of sentences on a single run is part of s^2.
- Sentences. Their effect on all runs alike is c, the mean covariance of two runs' differences over draws of sentences.
  Its quantile z is the normal one.

The interval is D +- sqrt(t^2 s^2/n + z^2 c): each level has its own quantile, so that few runs do not inflate the part
that hundreds of sentences determine (Howe 1974, "Approximate confidence limits on the mean of X + Y where X and Y are
two tabled independent random variables"). A single quantile for the sum by Satterthwaite's degrees of freedom (Hillis
2007) was tried, and errs too often if s^2 is small by chance. For the same reason no interval is narrower than that of
sentences alone: z sqrt(v), with v the variance of D over the draws. p is the smallest level at which the interval
excludes 0. `benchmarks/false_alarms.py` counts how often its verdict is wrong.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from aspectra.score.significance import Counts, f1, redrawn, table
from aspectra.score.t_distribution import quantile, two_sided

LEAST = 5  # runs; fewer say too little about another run
SMALLEST = 1e-15  # smallest p: below this, sums of floats are rounding errors

Verdict = Literal["shown", "not shown", "descriptive"]


@dataclass(frozen=True)
class TwoLevel:
    """A difference of F1 with its 95 % interval (fractions) and two-sided p over `runs` runs and the sentences."""

    value: float
    low: float
    high: float
    p: float
    runs: int


@dataclass(frozen=True)
class Variances:
    """The variance of a mean difference of F1: from the runs (s^2/n), from the sentences that all runs share (c), and
    over sentences alone (v).
    """

    runs: float
    shared: float
    sentences: float

    def half(self, t: float, z: float) -> float:
        """Half of the interval's width with these quantiles."""
        return math.sqrt(max(t * t * self.runs + z * z * self.shared, z * z * self.sentences))


def difference(
    one: Sequence[Counts], other: Sequence[Counts], draws: int = 2000, seed: int = 0, scoring: str = "strict"
) -> TwoLevel:
    """Mean micro-F1 of `one` minus that of `other`: lists with the same number of runs (at least two), same sentences.

    The runs are paired. A system with a single run is repeated for each run of the other one; the interval then covers
    only the other's runs.
    """
    import numpy as np

    ours, theirs = (f1(table(runs).sum(axis=1), scoring) for runs in (one, other))
    if len(ours) != len(theirs) or len(ours) < 2:
        raise ValueError(f"runs are paired, and two or more, but there are {len(ours)} and {len(theirs)}")
    gaps, runs = ours - theirs, len(ours)
    mine, others = redrawn([one, other], draws, seed, scoring)
    covariances = np.cov(mine - others, rowvar=False)
    apart = covariances.sum() - covariances.trace()
    variances = Variances(
        float(gaps.var(ddof=1)) / runs,
        max(0.0, float(apart) / (runs * (runs - 1))),
        float(covariances.sum()) / runs**2,
    )
    value = float(gaps.mean())
    half = variances.half(quantile(0.05, runs - 1), NormalDist().inv_cdf(0.975))
    return TwoLevel(value, value - half, value + half, chance(value, variances, runs), runs)


def chance(value: float, variances: Variances, runs: int) -> float:
    """The smallest level at which the interval around `value` excludes 0, found by bisection on t."""

    def inside(t: float) -> bool:
        p = max(two_sided(t, runs - 1), SMALLEST)
        return abs(value) <= variances.half(t, -NormalDist().inv_cdf(p / 2))

    low, high = 0.0, 1.0
    while not inside(high):
        low, high = high, 2 * high
        if two_sided(low, runs - 1) <= SMALLEST:
            return SMALLEST
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if inside(middle) else (middle, high)
    return two_sided(low, runs - 1)


def verdict(runs: int, low: float | None, high: float | None, p_holm: float | None, alpha: float = 0.05) -> Verdict:
    """The verdict on a difference: shown, not shown, or, with fewer than five runs, descriptive.

    Shown needs an interval over runs and sentences that excludes 0, and Holm's p over the table at most `alpha`. With
    fewer runs, these are None.
    """
    if runs < LEAST or low is None or high is None or p_holm is None:
        return "descriptive"
    return "shown" if (low > 0 or high < 0) and p_holm <= alpha else "not shown"
