"""Figures of confidences, against what a hand counts."""

from __future__ import annotations

import random

import pytest

from aspectra.score.reliability import error, ranking, reliability


def test_the_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    """0.95 twice, one right: off by 0.45 twice. 0.35 and 0.31, none right: by 0.33 twice. 1.0 is in the last bin."""
    assert error([0.95, 0.95, 0.35, 0.31], [True, False, False, False]) == pytest.approx((0.9 + 0.66) / 4)
    assert error([1.0], [True]) == 0.0
    assert error([], []) is None


def test_the_ranking_is_the_share_of_pairs_in_order() -> None:
    draw = random.Random(3)
    confidences = [draw.choice([0.1, 0.2, 0.5, 0.7, 0.9]) for _ in range(60)]
    right = [draw.random() < c for c in confidences]
    good = [c for c, r in zip(confidences, right, strict=True) if r]
    bad = [c for c, r in zip(confidences, right, strict=True) if not r]
    pairs = [1.0 if a > b else 0.5 if a == b else 0.0 for a in good for b in bad]
    assert ranking(confidences, right) == pytest.approx(sum(pairs) / len(pairs))
    assert ranking([0.3, 0.4], [True, True]) is None


def test_the_band_counts_those_of_which_three_in_four_should_be_right() -> None:
    figures = reliability([0.69, 0.7, 0.75, 0.79, 0.8], [False, True, True, False, False])
    assert figures["band"] == {"opinions": 3, "right": pytest.approx(2 / 3)}
    assert (figures["opinions"], figures["right"]) == (5, 0.4)
    assert reliability([], [])["band"] == {"opinions": 0, "right": None}
