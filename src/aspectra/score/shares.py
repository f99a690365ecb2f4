"""Intervals of shares, and a test of two shares. Called by `aspectra.elicit.verdicts`, `checks` and `analyze`.

Interval: Wilson's score interval (Wilson 1927), which also works for few and for extreme counts. Test: two proportions
by the normal approximation with pooled variance, only if each of the four expected counts is at least 5. A family of
tests is corrected by Holm's step-down (`aspectra.score.significance.holm`).
"""

from __future__ import annotations

import math

Z = 1.959963984540054  # of 95 %
EXPECTED = 5


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The ends of the 95 % interval of hits / total; (0, 1) if the total is 0.

    >>> tuple(round(end, 4) for end in wilson(8, 10))
    (0.4902, 0.9433)
    >>> [round(end, 4) for end in wilson(45, 50)]
    [0.7864, 0.9565]
    >>> wilson(0, 7)[0], wilson(7, 7)[1]
    (0.0, 1.0)
    """
    if not total:
        return 0.0, 1.0
    share, extra = hits / total, Z * Z / total
    middle = (share + extra / 2) / (1 + extra)
    half = Z * math.sqrt(share * (1 - share) / total + extra / (4 * total)) / (1 + extra)
    # With no hits or only hits, one end is exact; the formula misses it by a rounding error.
    return max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < total else 1.0


def fractions(hits: int, total: int) -> tuple[float | None, float | None, float | None]:
    """hits / total and the ends of its interval; None each if the total is 0.

    >>> fractions(0, 0), fractions(7, 7)[0]
    ((None, None, None), 1.0)
    """
    return (hits / total, *wilson(hits, total)) if total else (None, None, None)


def two_shares(hits: int, total: int, other_hits: int, other_total: int) -> float | None:
    """Two-sided p-value for equality of two shares; None if the counts are too small for the approximation.

    >>> round(two_shares(30, 100, 50, 100), 5)
    0.00389
    """
    both = total + other_total
    pooled = (hits + other_hits) / both if both else 0.0
    if min(total, other_total) * min(pooled, 1 - pooled) < EXPECTED:
        return None
    error = math.sqrt(pooled * (1 - pooled) * (1 / total + 1 / other_total))
    return math.erfc(abs(hits / total - other_hits / other_total) / error / math.sqrt(2))
