"""A teacher's probabilities go with the silver sentence that they are of."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.corpus.test_silver import answer

from aspectra.corpus.soft import soften
from aspectra.data.soft import Soft, as_json
from aspectra.errors import UserError
from aspectra.schema import Example

REVIEW = "Lovely tea. We stayed. Lovely tea."
SHARES = (1.0, 0.0, 0.0, 0.0)


def behind(*softs: Soft) -> str:
    return json.dumps({"sentences": [as_json(soft) for soft in softs]})


def cut(distribution: str | None, *texts: str) -> dict[str, Soft]:
    examples = [Example(f"r1:{number}", text) for number, text in enumerate(texts, 1)]
    return soften(REVIEW, examples, replace(answer("extraction", "{}"), distribution=distribution))


def test_places_are_those_of_the_sentence_and_of_one_said_twice_the_first_counts() -> None:
    told = behind(
        Soft((0, 11), {(7, 10): (0.9, 0.0)}, {(7, 10): SHARES}),
        Soft((12, 22), {(15, 21): (0.2, 0.1)}, {}),
        Soft((23, 34), {(30, 33): (0.5, 0.0)}, {}),
    )
    assert cut(told, "Lovely tea.", "We stayed.") == {
        "r1:1": Soft((0, 11), {(7, 10): (0.9, 0.0)}, {(7, 10): SHARES}),
        "r1:2": Soft((0, 10), {(3, 9): (0.2, 0.1)}, {}),
    }


def test_a_sentence_that_was_read_in_parts_has_those_of_all() -> None:
    told = behind(Soft((0, 7), {(0, 6): (0.3, 0.0)}, {}), Soft((7, 11), {(7, 10): (0.9, 0.0)}, {(7, 10): SHARES}))
    assert cut(told, "Lovely tea.", "We stayed.") == {
        "r1:1": Soft((0, 11), {(0, 6): (0.3, 0.0), (7, 10): (0.9, 0.0)}, {(7, 10): SHARES})
    }


def test_an_answer_without_probabilities_has_none_and_a_broken_one_is_told() -> None:
    assert cut(None, "We stayed.") == {}
    with pytest.raises(UserError, match="the answer to the review r1: its distribution cannot be read"):
        cut('{"sentences": 3}', "We stayed.")
