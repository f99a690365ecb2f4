"""What agreement means, and which conversions are wrong."""

from __future__ import annotations

import pytest

from aspectra.readers.extraction import Found
from aspectra.readers.reader import Answer
from aspectra.readers.writers.parity import compare, fault


def answer(raw: str, *found: tuple[str, str, float], logs: tuple[float, ...] = (-0.1, -0.2)) -> Answer:
    return Answer(raw, tuple(Found(t, None, p, None, None, c) for t, p, c in found), False, logs)


def test_agreement_is_of_opinions_and_differences_of_equal_answers() -> None:
    soup, bread = ("soup", "positive", 0.9), ("bread", "negative", 0.5)
    one = [answer("s ; b", soup, bread), answer("none"), answer("s", soup), answer("s ; s", soup, soup)]
    other = [
        answer("b ; s", bread, soup),
        answer("none", logs=(-0.1, -0.3)),
        answer("s", ("soup", "positive", 0.8)),
        answer("s", soup),
    ]
    found = compare(one, other)
    assert found["agreement"] == 0.75, "order does not matter, how often does"
    assert found["same_answers"] == 0.5
    assert found["confidence"] == {"opinions": 1, "max": pytest.approx(0.1), "mean": pytest.approx(0.1)}
    assert found["token_probability"] == pytest.approx(0.0779, abs=1e-3)
    assert compare([one[0]], [other[0]])["confidence"] == {"opinions": 0, "max": None, "mean": None}


def test_a_conversion_is_wrong_by_its_opinions_its_answers_or_its_probabilities() -> None:
    fine = {"agreement": 1.0, "same_answers": 1.0, "token_probability": 1e-5}
    assert fault(fine) is None
    assert fault(fine | {"token_probability": None}) is None
    assert fault(fine | {"agreement": 0.97}) == "agreement 97.0%"
    assert fault(fine | {"same_answers": 0.5}) == "same answers 50.0%"
    assert fault(fine | {"token_probability": 0.3}) == "probabilities differ by up to 0.300"
