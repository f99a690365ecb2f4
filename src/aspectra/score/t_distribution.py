"""Student's t for integer degrees of freedom, for intervals over few runs. Called by `two_level`."""

from __future__ import annotations

import math


def two_sided(t: float, degrees: int) -> float:
    """The probability of a value at least as far from 0 as `t`.

    Finite sums in the angle arctan(t / sqrt(degrees)): Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.

    >>> round(two_sided(2.776, 4), 4), round(two_sided(12.706, 1), 4)
    (0.05, 0.05)
    """
    angle = math.atan(abs(t) / math.sqrt(degrees))
    odd, square = degrees % 2, math.cos(angle) ** 2
    total, term = 0.0, math.cos(angle) if odd else 1.0
    for power in range(odd, degrees - 1, 2):
        total += term
        term *= (power + 1) / (power + 2) * square
    inside = math.sin(angle) * total
    if odd:
        inside = 2 / math.pi * (angle + inside)
    return max(0.0, 1 - inside)


def quantile(alpha: float, degrees: int) -> float:
    """The distance from 0 that is exceeded, on either side, with probability `alpha` (0 < alpha < 1).

    >>> round(quantile(0.05, 4), 3), round(quantile(0.05, 1), 3), round(quantile(0.01, 9), 3)
    (2.776, 12.706, 3.25)
    """
    low, high = 0.0, 1.0
    while two_sided(high, degrees) > alpha:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided(middle, degrees) > alpha else (low, middle)
    return high
