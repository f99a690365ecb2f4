"""Intervals, the permutation test and its correction: by hand, by full enumeration, and under no difference at all."""

from __future__ import annotations

import itertools
import random
import tracemalloc
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.score.scoring import fractions
from aspectra.score.significance import (
    Counts,
    Interval,
    difference,
    differs,
    f1_interval,
    holm,
    permutation,
    spread,
)
from aspectra.tasks import SCORINGS, Scoring


def counts(right: list[int]) -> list[tuple[int, int, int, int]]:
    return [(r, 1, r, 1) for r in right]


@st.composite
def sentence(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """What a sentence may add in paper scoring, where repeats count again on either side."""
    predicted, gold = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    return draw(st.integers(0, predicted)), predicted, draw(st.integers(0, gold)), gold


def mean_f1(runs: Sequence[Counts], scoring: Scoring) -> float:
    """By the scorer that a record's figures come from."""
    sums = [tuple(sum(line[k] for line in run) for k in range(4)) for run in runs]
    return sum(fractions((a, b, c, d), scoring, 0).f1 for a, b, c, d in sums) / len(runs)


def system(draw: random.Random, sentences: int, runs: int, share: float) -> list[Counts]:
    """A system that finds this share of one to three opinions a sentence and makes up one now and then."""
    found: list[Counts] = []
    for _ in range(runs):
        lines = []
        for i in range(sentences):
            gold = 1 + i % 3
            right = sum(draw.random() < share for _ in range(gold))
            lines.append((right, right + (draw.random() < 0.5), right, gold))
        found.append(lines)
    return found


def test_a_system_does_not_differ_from_itself() -> None:
    run = counts([1, 0, 1, 1, 0] * 20)
    gap = difference([run], [run])
    assert (gap.value, gap.low, gap.high) == (0.0, 0.0, 0.0)
    assert permutation([run], [run], draws=100) == 1.0


def test_a_plainly_better_system_is_ahead_beyond_zero_and_the_interval_holds_the_value() -> None:
    better, worse = [counts([1] * 90 + [0] * 10)], [counts([1] * 50 + [0] * 50)]
    gap = difference(better, worse)
    assert gap.value == pytest.approx(0.4)
    assert 0.25 < gap.low < gap.value < gap.high < 0.55
    p = permutation(better, worse, draws=999)
    assert p == 1 / 1000, "none of the draws is as large, and the one seen is counted"
    assert permutation(worse, better, draws=999) == p, "two-sided"
    assert differs(gap, p)


def test_the_interval_of_a_share_is_that_of_the_binomial() -> None:
    found = f1_interval([counts([1] * 50 + [0] * 50)], draws=4000)
    assert found.value == pytest.approx(0.5)
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * np.sqrt(0.25 / 100), rel=0.1)


def test_the_same_seed_gives_the_same_figures_and_seeds_are_averaged() -> None:
    runs = [counts([1] * 30 + [0] * 70), counts([1] * 50 + [0] * 50)]
    assert f1_interval(runs) == f1_interval(runs)
    assert f1_interval(runs).value == pytest.approx(0.4)
    draw = random.Random(3)
    one, other = system(draw, 50, 2, 0.6), system(draw, 50, 2, 0.5)
    assert permutation(one, other, draws=500) == permutation(one, other, draws=500)
    assert permutation(one, other, draws=500) != permutation(one, other, draws=500, seed=1)


@given(st.lists(st.lists(sentence(), min_size=3, max_size=3), min_size=1, max_size=3), st.sampled_from(SCORINGS))
def test_the_figure_is_the_scorers_by_the_convention_of_each_scoring(runs: list[Counts], scoring: Scoring) -> None:
    assert f1_interval(runs, draws=1, scoring=scoring).value == pytest.approx(mean_f1(runs, scoring), abs=1e-12)


def test_drawn_sentences_without_prediction_and_gold_are_right_in_paper_scoring_only() -> None:
    nothing = [[(0, 0, 0, 0)] * 5]
    assert (f1_interval(nothing).value, f1_interval(nothing, scoring="paper").value) == (0.0, 1.0)
    # Where the one sentence that has anything is not drawn, paper scoring has 1, strict 0.
    seldom = [[(0, 1, 0, 1), (0, 0, 0, 0)]]
    strict, paper = f1_interval(seldom), f1_interval(seldom, scoring="paper")
    assert (strict.low, strict.high) == (0.0, 0.0)
    assert (paper.low, paper.high) == (0.0, 1.0)


@pytest.mark.parametrize("scoring", SCORINGS)
def test_the_permutation_test_comes_to_what_all_swaps_come_to(scoring: Scoring) -> None:
    draw = random.Random(5)
    one, other = system(draw, 8, 2, 0.7), system(draw, 8, 2, 0.5)
    seen = abs(mean_f1(one, scoring) - mean_f1(other, scoring))
    as_large = 0
    for swaps in itertools.product((False, True), repeat=8):
        # A sentence changes hands with all its seeds.
        pair = [
            [[b if swap else a for a, b, swap in zip(x, y, swaps, strict=True)] for x, y in zip(*sides, strict=True)]
            for sides in ((one, other), (other, one))
        ]
        as_large += abs(mean_f1(pair[0], scoring) - mean_f1(pair[1], scoring)) >= seen - 1e-9
    exact = as_large / 2**8
    assert 0.01 < exact < 0.5, "a case that could come out either way"
    draws = 20_000
    error = 4 * np.sqrt(exact * (1 - exact) / draws)
    assert permutation(one, other, draws=draws, scoring=scoring) == pytest.approx(exact, abs=error + 1 / draws)


def test_where_there_is_no_difference_p_is_near_uniform() -> None:
    draw = random.Random(11)
    ps = sorted(permutation(system(draw, 60, 2, 0.6), system(draw, 60, 2, 0.6), draws=199) for _ in range(200))
    farthest = max(abs(p - (i + 0.5) / 200) for i, p in enumerate(ps))
    assert farthest < 1.63 / np.sqrt(200), "Kolmogorov and Smirnov, 1 %"
    assert sum(p <= 0.05 for p in ps) <= 20


def test_runs_that_are_no_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="paired"):
        permutation([counts([1, 0])], [counts([1, 0])] * 2)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=8), st.sampled_from([0.01, 0.05, 0.3]))
def test_holm_rejects_step_by_step(ps: list[float], alpha: float) -> None:
    rejected = set[int]()
    for rank, index in enumerate(sorted(range(len(ps)), key=lambda i: ps[i])):
        if ps[index] * (len(ps) - rank) > alpha:
            break
        rejected.add(index)
    adjusted = holm(ps)
    assert {i for i, p in enumerate(adjusted) if p <= alpha} == rejected
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted, strict=True))


def test_the_spread_over_seeds() -> None:
    assert spread([0.1, 0.2, 0.6]) == pytest.approx({"mean": 0.3, "sd": np.sqrt(0.07), "min": 0.1, "max": 0.6})
    assert spread([0.5]) == {"mean": 0.5, "sd": None, "min": 0.5, "max": 0.5}


@pytest.mark.parametrize(
    ("low", "high", "p", "called"),
    [
        (0.01, 0.1, 0.05, True),
        (-0.1, -0.01, 0.001, True),
        (0.01, 0.1, 0.051, False),
        (0.0, 0.1, 0.001, False),
        (-0.01, 0.1, 0.001, False),
    ],
)
def test_a_difference_is_one_where_interval_and_test_agree(low: float, high: float, p: float, called: bool) -> None:
    assert differs(Interval((low + high) / 2, low, high), p) is called


def test_ten_seeds_and_ten_thousand_draws_take_little_memory() -> None:
    draw = random.Random(1)
    one, other = system(draw, 1140, 10, 0.6), system(draw, 1140, 10, 0.55)
    tracemalloc.start()
    gap = difference(one, other, draws=10_000)
    p = permutation(one, other)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6, f"{peak / 1e6:.0f} MB"
    assert differs(gap, p)
