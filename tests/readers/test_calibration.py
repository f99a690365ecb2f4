"""Calibrated confidences mean what they say, keep their order, and hang on no luck."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.info import EXPORT
from aspectra.readers.calibration import KEY, Calibration, fit, held_out
from aspectra.score.reliability import error, ranking


def drawn(chance: Callable[[float], float], count: int, seed: int = 1) -> tuple[list[float], list[bool]]:
    """Opinions whose confidence p is right by a chance of p."""
    draw = random.Random(seed)
    confidences = [draw.betavariate(2, 1) for _ in range(count)]
    return confidences, [draw.random() < chance(p) for p in confidences]


CHANCES: dict[str, Callable[[float], float]] = {
    "too sure": lambda p: p**3,
    "too flat": lambda p: 0.4 + 0.5 * p,
    "right already": lambda p: p,
}


@pytest.mark.parametrize("chance", CHANCES.values(), ids=CHANCES.keys())
def test_a_confidence_that_was_off_is_put_right(chance: Callable[[float], float]) -> None:
    made = fit(*drawn(chance, 3000))
    confidences, right = drawn(chance, 3000, seed=2)
    moved = [made(p) for p in confidences]
    off = error(moved, right)
    assert off is not None and off < 0.04
    assert ranking(moved, right) == pytest.approx(ranking(confidences, right)), "the order is kept"


def test_few_labels_change_little() -> None:
    made = fit([0.9, 0.8], [True, False])
    assert all(abs(made(p) - p) < 0.2 for p in (0.1, 0.5, 0.9))
    assert fit([], [])(0.4) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30))
def test_any_labels_give_a_map_that_keeps_the_order(labels: list[tuple[float, bool]]) -> None:
    """All right, none right, all alike, more confidence where it is wrong."""
    made = fit([p for p, _ in labels], [right for _, right in labels])
    assert made.a >= 0 and made.b >= 0 and math.isfinite(made.c)
    moved = [made(step / 50) for step in range(51)]
    assert moved == sorted(moved) and 0 <= moved[0] <= moved[-1] <= 1


def test_it_is_the_likeliest_map() -> None:
    """Newton's method ends where no small step is better, priors counted."""
    confidences, right = drawn(lambda p: p**2, 400)
    made = fit(confidences, right)

    def loss(a: float, b: float, c: float) -> float:
        other = Calibration(a, b, c, 0)
        told = [other(p) if r else 1 - other(p) for p, r in zip(confidences, right, strict=True)]
        return -sum(map(math.log, told)) + ((a - 1) ** 2 + (b - 1) ** 2 + c**2) / 2

    least = loss(made.a, made.b, made.c)
    for step in (-0.01, 0.01):
        assert loss(made.a + step, made.b, made.c) > least
        assert loss(made.a, made.b + step, made.c) > least
        assert loss(made.a, made.b, made.c + step) > least


def test_a_sentence_is_judged_by_maps_that_have_not_seen_it() -> None:
    confidences, right = drawn(lambda p: p**2, 200)
    sentences = [i // 2 for i in range(200)]
    told = held_out(confidences, right, sentences, seed=5)
    assert told == held_out(confidences, right, sentences, seed=5)
    flipped = [not right[0], not right[1], *right[2:]]
    again = held_out(confidences, flipped, sentences, seed=5)
    assert again[:2] == told[:2], "its own labels change nothing"
    assert again[2:] != told[2:]


def test_an_export_remembers_it() -> None:
    made = Calibration(0.5, 1.5, -0.25, 120)
    assert Calibration.of({EXPORT: {KEY: made.written()}}) == made
    assert Calibration.of({EXPORT: {}}) is None
