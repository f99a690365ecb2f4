"""What is wrong with a body, in words that its sender knows."""

from __future__ import annotations

from typing import Any

import pytest
from tests.serve.conftest import call
from tests.serve.stand_in import Service


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "text is missing"),
        ([], 'the body must be a JSON object, as in {"text": "Great soup, rude waiter."}'),
        ("text", 'the body must be a JSON object, as in {"text": "Great soup, rude waiter."}'),
        ({"text": 1}, "text must be a string"),
        ({"text": None}, "text must be a string"),
        ({"txt": "a"}, "txt is unknown: leave it out"),
        ({"text": "a", "texts": ["b"]}, "the body has text and texts: leave one of them out"),
        ({"texts": None, "text": "a", "more": 1}, "the body has text and texts: leave one of them out"),
        ({"text": "a" * 2001}, "text is longer than 2000 characters"),
        ({"text": "a\0"}, "text must not contain the character U+0000"),
        ({"texts": []}, "texts must have at least one text"),
        ({"texts": ["a"] * 21}, "texts can have at most 20 texts: send them in several requests"),
        ({"texts": ["a", 3]}, "texts[1] must be a string"),
        ({"texts": "a"}, "texts must be a list of texts"),
        ({"text": "a", "min_confidence": 2}, "min_confidence must be 1.0 or less"),
        ({"text": "a", "min_confidence": -1}, "min_confidence must be 0.0 or more"),
        ({"text": "a", "min_confidence": "high"}, "min_confidence must be a number"),
    ],
)
def test_a_wrong_body_is_told_in_our_own_words(running: Service, body: Any, told: str) -> None:
    answer = call(running, body=body)
    assert (answer.status, answer.body["detail"]) == (422, told)


def test_so_is_a_wrong_question(running: Service) -> None:
    answer = call(running, "/v1/classify", {"text": "a", "target": ""})
    assert (answer.status, answer.body["detail"]) == (422, "target must not be empty")
    assert call(running, "/v1/classify", {"text": "a"}).body["detail"] == "target is missing"
    told = 'the body must be a JSON object, as in {"text": "Great soup, rude waiter.", "target": "waiter"}'
    assert call(running, "/v1/classify", ["a"]).body["detail"] == told
