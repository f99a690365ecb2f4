"""A file of predictions in another format is told of; one of a system that errs is not."""

from __future__ import annotations

import pytest

from aspectra.benchmark.doubts import doubts
from aspectra.schema import Opinion, Prediction


def given(*opinions: Opinion) -> list[Prediction]:
    return [Prediction("1", "The fish.", (opinion,)) for opinion in opinions]


def raw(*answers: str) -> list[Prediction]:
    return [Prediction("1", "The fish.", raw=answer) for answer in answers]


GOOD, NAMELESS = Opinion("fish", None, "positive"), Opinion(None, "FOOD#QUALITY", "positive")


@pytest.mark.parametrize(
    ("predictions", "told"),
    [
        (
            given(NAMELESS, NAMELESS),
            'no opinion has a "target", so that none says anything in atsa; one is {"target": ...',
        ),
        (given(Opinion("fish", None, "Positive")), '1 of 1 opinions have no "polarity" of positive,'),
        (raw("none", "fish | Positive ; fish | pos"), "2 of 2 pieces do not read as `target | polarity`"),
        (raw("fish: positive"), "the first is in 'fish: positive', prediction 1"),
    ],
)
def test_another_format(predictions: list[Prediction], told: str) -> None:
    (line,) = doubts(predictions, "atsa")
    assert told in line


@pytest.mark.parametrize(
    "predictions",
    [
        [],
        raw("none", ""),
        raw("meat | positive"),
        raw("fish | positive", "fish | positive ; service"),
        given(GOOD, NAMELESS),
        given(GOOD, GOOD, Opinion("fish", None, "mixed")),
    ],
)
def test_a_system_that_errs(predictions: list[Prediction]) -> None:
    assert doubts(predictions, "atsa") == []


def test_what_is_lacking_is_named_and_not_what_is_there() -> None:
    (line,) = doubts(given(GOOD), "tasd")
    assert line.startswith('no opinion has a "category", so')
