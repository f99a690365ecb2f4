"""The paired bootstrap: what it says when systems are equal, and when one is plainly better."""

from __future__ import annotations

import numpy as np
import pytest

from aspectra.benchmark.significance import difference, f1_interval


def counts(right: list[int]) -> list[tuple[int, int, int, int]]:
    return [(r, 1, r, 1) for r in right]


def test_a_system_does_not_differ_from_itself() -> None:
    run = counts([1, 0, 1, 1, 0] * 20)
    gap = difference([run], [run])
    assert (gap.value, gap.low, gap.high) == (0.0, 0.0, 0.0)


def test_a_plainly_better_system_is_ahead_beyond_zero_and_the_interval_holds_the_value() -> None:
    gap = difference([counts([1] * 90 + [0] * 10)], [counts([1] * 50 + [0] * 50)])
    assert gap.value == pytest.approx(0.4)
    assert 0.25 < gap.low < gap.value < gap.high < 0.55


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    found = f1_interval([counts([1] * 50 + [0] * 50)], draws=4000)
    assert found.value == pytest.approx(0.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(0.25 / 100), rel=0.1)


def test_the_same_seed_gives_the_same_interval_and_seeds_are_averaged() -> None:
    runs = [counts([1] * 30 + [0] * 70), counts([1] * 50 + [0] * 50)]
    assert f1_interval(runs) == f1_interval(runs)
    assert f1_interval(runs).value == pytest.approx(0.4)


def test_nothing_predicted_and_nothing_to_find_is_zero_not_a_fault() -> None:
    assert f1_interval([[(0, 0, 0, 0)] * 5]).value == 0.0
