"""F1 where overlapping terms count: never below the exact one, and a matter of places, not of letters."""

from __future__ import annotations

from tests.score.test_metrics import Rows, of_every_task, sides

from aspectra.schema import Example, Opinion, Prediction
from aspectra.score.overlap import overlapping
from aspectra.score.scoring import score

TEXT = "The battery life is great, the battery is not."


def told(*opinions: Opinion) -> list[Prediction]:
    return [Prediction("1", TEXT, opinions)]


def gold(*opinions: Opinion) -> list[Example]:
    return [Example("1", TEXT, opinions)]


LIFE = Opinion("battery life", None, "positive", 4, 16)
SECOND = Opinion("battery", None, "negative", 31, 38)


def test_a_term_that_shares_a_character_counts_where_the_polarity_is_the_same() -> None:
    said = told(Opinion("life", None, "positive", 12, 16), Opinion("The battery", None, "negative", 0, 11))
    found = overlapping(gold(LIFE, SECOND), said, "atsa")
    assert found is not None
    assert (found.correct, found.predicted, found.found, found.gold) == (1, 2, 1, 2)
    assert found.f1 == 0.5


def test_a_longer_term_counts_by_its_place_the_same_term_always_as_in_exact_scoring() -> None:
    def right(said: Opinion) -> int:
        found = overlapping(gold(SECOND), told(said), "atsa")
        assert found is not None
        return found.correct

    assert right(Opinion("the battery", None, "negative", 27, 38)) == 1
    assert right(Opinion("The battery", None, "negative", 0, 11)) == 0
    assert right(Opinion("battery", None, "negative", 4, 11)) == 1


def test_a_written_answer_is_placed_as_it_is_read() -> None:
    said = [Prediction("1", TEXT, (), "battery life | positive ; battery | negative ; pizza | positive")]
    found = overlapping(gold(LIFE, SECOND), said, "atsa")
    assert found is not None
    assert (found.correct, found.predicted, found.found) == (2, 3, 2)


def test_two_terms_within_one_of_the_gold_are_both_right_and_find_it_once() -> None:
    said = told(Opinion("battery", None, "positive", 4, 11), Opinion("life", None, "positive", 12, 16))
    found = overlapping(gold(LIFE), said, "atsa")
    assert found is not None
    assert (found.precision, found.recall, found.correct, found.found) == (1.0, 1.0, 2, 1)


def test_a_task_without_targets_has_none() -> None:
    assert overlapping([], [], "acsa") is None


@of_every_task
def test_it_is_never_below_exact_f1(task: str, rows: Rows) -> None:
    true, said = sides(rows)
    found = overlapping(true, said, task)
    if found is not None:
        exact = score(true, said, task)
        assert found.f1 >= exact.f1 - 1e-12
        assert (found.gold, found.predicted) == (exact.gold, exact.predicted)
