"""A difference over runs and sentences: by hand at its edges, against plain drawing, and where nothing differs."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from tests.score.simulated import Grid, drawn, shown

from aspectra.score import significance, two_level
from aspectra.score.t_distribution import quantile, two_sided

RUNS = (0.0, 0.1, 0.2, 0.4)  # of this F1 and so many sentences 0.1 is 1.5 points from run to run


def alike(run: Any, runs: int) -> list[Any]:
    """The same run, so many times."""
    return [run] * runs


def false_alarms(grid: Grid, tables: int, seed: int = 7, draws: int = 200) -> tuple[int, int, int]:
    """Of systems that are equal: (differences whose interval excludes 0, tables that show one, all differences)."""
    random = np.random.default_rng(seed)
    single = families = 0
    for _ in range(tables):
        pairs = [two_level.difference(*pair, draws=draws) for pair in combinations(drawn(grid, random), 2)]
        single += sum(each.low > 0 or each.high < 0 for each in pairs)
        families += shown(pairs) > 0
    return single, families, tables * len(pairs)


def at_most(share: float, trials: int) -> float:
    """What a count of that share passes once in a thousand times."""
    return share * trials + 3.1 * math.sqrt(share * (1 - share) * trials)


def test_runs_that_do_not_differ_leave_the_interval_over_sentences() -> None:
    one, other = (runs[0] for runs in drawn(Grid(ahead=0.2), np.random.default_rng(1)))
    both = two_level.difference(alike(one, 5), alike(other, 5))
    alone = significance.difference([one], [other])
    assert both.value == pytest.approx(alone.value)
    assert (both.low, both.high) == pytest.approx((alone.low, alone.high), abs=0.002)


def test_sentences_that_say_nothing_leave_students_t_over_runs() -> None:
    """All sentences of a run are alike, so that another draw of them is the same."""
    gaps = [0.1, 0.2, 0.3, 0.2, 0.4]
    one = [[(round(50 + 100 * gap), 100, round(50 + 100 * gap), 100)] * 30 for gap in gaps]
    other = [[(50, 100, 50, 100)] * 30] * 5
    both = two_level.difference(one, other)
    half = 2.776 * np.std(gaps, ddof=1) / np.sqrt(5)
    assert (both.value, both.low, both.high) == pytest.approx((0.24, 0.24 - half, 0.24 + half), abs=1e-3)
    assert both.p == pytest.approx(two_sided(0.24 / (half / 2.776), 4), rel=1e-2)


def test_the_interval_excludes_zero_where_p_is_at_most_five_percent_and_is_never_the_narrower_one() -> None:
    random = np.random.default_rng(3)
    clear = []
    for _ in range(60):
        one, other = drawn(Grid(sentences=60, run=0.1, ahead=0.4), random)
        both, alone = two_level.difference(one, other, draws=300), significance.difference(one, other, draws=300)
        clear.append(both.low > 0 or both.high < 0)
        assert clear[-1] == (both.p <= 0.05)
        assert both.high - both.low > 0.85 * (alone.high - alone.low), "the ends of 300 draws are rough"
    assert 0 < sum(clear) < 60, "cases of either kind"


def test_a_system_does_not_differ_from_itself_and_a_certain_difference_has_the_smallest_p() -> None:
    (one,) = drawn(Grid(systems=1), np.random.default_rng(2))
    assert two_level.difference(one, one) == two_level.TwoLevel(0.0, 0.0, 0.0, 1.0, 5)
    always, never = [[(1, 1, 1, 1)] * 9] * 5, [[(0, 1, 0, 1)] * 9] * 5
    both = two_level.difference(always, never)
    assert (both.low, both.high, both.p) == (1.0, 1.0, two_level.SMALLEST)


def test_the_same_seed_gives_the_same_interval_and_the_sides_mirror_each_other() -> None:
    one, other = drawn(Grid(run=0.1, ahead=0.2), np.random.default_rng(4))
    both, mirrored = two_level.difference(one, other), two_level.difference(other, one)
    assert both == two_level.difference(one, other)
    assert (mirrored.low, mirrored.high, mirrored.p) == pytest.approx((-both.high, -both.low, both.p))


def test_runs_that_are_no_pairs_or_one_alone_are_refused() -> None:
    (one,) = drawn(Grid(systems=1), np.random.default_rng(2))
    for ours, theirs in ((one, one[:4]), (one[:1], one[:1])):
        with pytest.raises(ValueError, match="paired, and two or more"):
            two_level.difference(ours, theirs)


def test_plain_drawing_of_runs_and_sentences_at_once_counts_single_answers_three_times() -> None:
    """Owen's pigeonhole bootstrap, drawn: it has this variance of ours, but for what it is known to add."""
    random, runs = np.random.default_rng(5), 5
    one, other = drawn(Grid(run=0.05, liking=0.3), random)
    mine, others = significance.redrawn([one, other], 4000, 0, "strict")
    gaps = mine - others
    picked = random.integers(0, runs, size=(4000, runs))
    at_once = np.take_along_axis(gaps, picked, axis=1).mean(axis=1).var(ddof=1)
    covariances = np.cov(gaps, rowvar=False)
    shared = (covariances.sum() - covariances.trace()) / (runs * (runs - 1))
    own = covariances.trace() / runs - shared
    seen = significance.f1(significance.table(one).sum(axis=1), "strict")
    seen = seen - significance.f1(significance.table(other).sum(axis=1), "strict")
    ours = seen.var(ddof=1) / runs + shared
    added = (2 - 1 / runs) * own / runs - seen.var(ddof=1) / runs**2
    assert at_once == pytest.approx(ours + added, rel=0.1)
    assert added > 0.5 * ours, "and that is much where runs hardly differ"


@pytest.mark.parametrize(
    ("runs", "low", "high", "p", "said"),
    [
        (5, 0.01, 0.1, 0.05, "shown"),
        (9, -0.1, -0.01, 0.001, "shown"),
        (5, 0.01, 0.1, 0.051, "not shown"),
        (5, -0.01, 0.1, 0.001, "not shown"),
        (4, 0.01, 0.1, 0.001, "descriptive"),
        (1, None, None, None, "descriptive"),
    ],
)
def test_shown_wants_five_runs_an_interval_clear_of_zero_and_holms_p(
    runs: int, low: float | None, high: float | None, p: float | None, said: str
) -> None:
    assert two_level.verdict(runs, low, high, p) == said


@pytest.mark.parametrize("run", RUNS)
def test_where_seeds_alone_differ_few_differences_are_called_one(run: float) -> None:
    single, families, trials = false_alarms(Grid(systems=3, sentences=120, run=run), tables=100)
    assert single <= at_most(0.05, trials) and families <= at_most(0.05, 100)


def test_a_system_of_one_run_is_not_told_from_the_runs_of_its_equal() -> None:
    single, _, trials = false_alarms(Grid(sentences=120, run=0.2, single=True), tables=300)
    assert single <= at_most(0.05, trials)


def test_a_true_difference_is_mostly_shown() -> None:
    random = np.random.default_rng(9)
    for ahead, least in ((0.25, 0.5), (0.4, 0.9)):  # 4 and 6 points of F1
        tables = [drawn(Grid(run=0.1, ahead=ahead), random) for _ in range(60)]
        found = [shown([two_level.difference(one, other, draws=200)]) for one, other in tables]
        assert sum(found) >= least * 60


def test_the_test_over_sentences_calls_many_runs_a_difference() -> None:
    """Why there are two levels: what varies from run to run is none of its business."""
    random = np.random.default_rng(7)
    tables = [drawn(Grid(run=0.4), random) for _ in range(60)]
    wrong = 0
    for one, other in tables:
        interval = significance.difference(one, other, draws=200)
        wrong += significance.differs(interval, significance.permutation(one, other, draws=199))
    assert wrong > 15


@pytest.mark.slow
@pytest.mark.parametrize("runs", [5, 10])
@pytest.mark.parametrize("liking", [0.0, 0.7])
@pytest.mark.parametrize("run", RUNS)
def test_false_alarms_are_five_percent_at_most(run: float, liking: float, runs: int) -> None:
    single, families, trials = false_alarms(Grid(4, runs, 300, run, liking), tables=500)
    assert single <= at_most(0.05, trials) and families <= at_most(0.05, 500)


@pytest.mark.parametrize(("degrees", "t"), [(1, 12.7062), (2, 4.3027), (4, 2.7764), (9, 2.2622), (29, 2.0452)])
def test_students_t_is_that_of_the_tables(degrees: int, t: float) -> None:
    assert quantile(0.05, degrees) == pytest.approx(t, abs=1e-4)
    assert two_sided(t, degrees) == two_sided(-t, degrees) == pytest.approx(0.05, abs=1e-5)
    assert two_sided(0.0, degrees) == 1.0
