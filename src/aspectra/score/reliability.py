"""Reliability of confidences: calibration error, and how well they separate right from wrong. Pure.

Called by `aspectra.readers.calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

BINS = 10
BAND = (0.7, 0.8)  # about three quarters of these should be right


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """Figures for predictions, each with a confidence in [0, 1] and whether it is right.

    `ece`: the expected calibration error over ten bins of equal width (Naeini, Cooper and Hauskrecht 2015, "Obtaining
    Well Calibrated Probabilities Using Bayesian Binning"): the mean over predictions of the distance between the
    accuracy in a prediction's bin and the mean confidence there. `auroc`: the probability that a right prediction has a
    higher confidence than a wrong one, half for ties (Hanley and McNeil 1982). `band`: the number of predictions in
    `BAND`, and the share of these that is right. None if there is nothing to average.
    """
    found = [(c, r) for c, r in zip(confidences, right, strict=True) if BAND[0] <= c < BAND[1]]
    return {
        "opinions": len(confidences),
        "right": sum(right) / len(right) if right else None,
        "ece": error(confidences, right),
        "auroc": ranking(confidences, right),
        "band": {"opinions": len(found), "right": sum(r for _, r in found) / len(found) if found else None},
    }


def error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """The expected calibration error."""
    gaps = [0.0] * BINS
    for confidence, good in zip(confidences, right, strict=True):
        gaps[min(BINS - 1, int(confidence * BINS))] += confidence - good
    return sum(map(abs, gaps)) / len(confidences) if confidences else None


def ranking(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """The area under the ROC curve, computed from ranks."""
    good = sum(right)
    if not 0 < good < len(right):
        return None
    order = sorted(range(len(right)), key=lambda i: confidences[i])
    total = 0.0
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and confidences[order[end]] == confidences[order[start]]:
            end += 1
        total += (start + 1 + end) / 2 * sum(right[i] for i in order[start:end])  # ties get the mean rank
        start = end
    return (total - good * (good + 1) / 2) / (good * (len(right) - good))
