"""A file of predictions in another format is told of; one of a system that errs is not."""

from __future__ import annotations

import pytest

from aspectra.schema import Example, Opinion, Prediction
from aspectra.score.doubts import doubts, unfit


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
            'no opinion has a "target", so none counts in atsa; write {"target": ...',
        ),
        (given(Opinion("fish", None, "Positive")), '1 of 1 opinions have no "polarity" of positive,'),
        (raw("none", "fish | Positive ; fish | pos"), "2 of 2 pieces do not have the form `target | polarity`"),
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
        raw(*["fish | positive"] * 19, "meat | positive"),
        raw(*["fish | positive"] * 19, "fish | positive ; service"),
        given(GOOD, NAMELESS),
        given(*[GOOD] * 19, Opinion("fish", None, "mixed")),
    ],
)
def test_a_system_that_errs(predictions: list[Prediction]) -> None:
    assert doubts(predictions, "atsa") == []


@pytest.mark.parametrize(
    ("predictions", "told"),
    [
        (
            raw(*["fish | positive"] * 9, "meat | positive"),
            "1 of 10 predictions name something that is not in their sentence",
        ),
        (given(*[GOOD] * 9, Opinion("Fish", None, "positive")), "the first is 'Fish' of prediction 10"),
        (raw(*["fish | positive"] * 9, "fish | good"), "1 of 10 pieces do not have the form"),
        (given(*[GOOD] * 9, Opinion("fish", None, "Positive")), "1 of 10 opinions have no"),
    ],
)
def test_more_than_a_few_errors_are_told_of(predictions: list[Prediction], told: str) -> None:
    (line,) = doubts(predictions, "atsa")
    assert told in line


def test_what_is_lacking_is_named_and_not_what_is_there() -> None:
    (line,) = doubts(given(GOOD), "tasd")
    assert line.startswith('no opinion has a "category", so')


def test_a_gold_of_another_task() -> None:
    gold = [Example("1", "The fish."), Example("2", "The fish.", (Opinion("fish", None, "positive"),))]
    told = unfit(gold, "acsa")
    assert told is not None and told.startswith('no opinion of the gold has a "category", so none counts in acsa')
    assert unfit(gold, "atsa") is None
    assert unfit(gold[:1], "acsa") is None, "sentences without opinions are of every task"
