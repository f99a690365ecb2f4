"""JSON as LLMs write it, read as opinions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.extraction import extraction, read_json
from aspectra.schema import Opinion

REVIEW = "The Pool is lovely, but the pool bar was shut and the wi-fi slow."
POOL = Opinion("Pool", None, "positive", 4, 8)
ONE = '{"opinions": [{"target": "Pool", "polarity": "positive"}]}'


@pytest.mark.parametrize(
    "text",
    [
        ONE,
        f"```json\n{ONE}\n```",
        f"Here you are: {ONE} I hope that this helps {{you}}.",
        '{"opinions": [{"target": "Pool", "polarity": "positive",},]}',
        "{'opinions': [{'target': 'Pool', 'polarity': 'positive'}]}",
        "{“opinions”: [{“target”: “Pool”, “polarity”: “positive”}]}",
        '[{"target": "Pool", "polarity": "Very Positive"}]',
        '{"term": "Pool", "sentiment": "positive"}',
        '{"aspects": [{"aspect_term": "pool", "label": "positive"}]}'.replace("pool", "Pool"),
    ],
)
def test_json_is_found_however_it_is_written(text: str) -> None:
    assert extraction(text, REVIEW, "atsa") == [POOL]


def test_no_opinion_is_an_answer_and_no_json_is_none() -> None:
    assert read_json('{"opinions": []}') == []
    assert extraction('{"opinions": []}', REVIEW, "atsa") == []
    for text in ("I see no opinions.", '{"opinions": [{"target": ', "{}", "[1, 2]", '{"opinions": ["Pool"]}'):
        assert read_json(text) is None, text


def test_a_target_takes_the_case_and_the_place_that_it_has_in_the_review() -> None:
    said = [
        ("WI-FI", "negative"),
        ("pool", "negative"),
        ("breakfast", "positive"),
        ("NULL", "negative"),
        ("pool", "neg"),
    ]
    text = json.dumps({"opinions": [{"target": target, "polarity": polarity} for target, polarity in said]})
    assert extraction(text, REVIEW, "atsa") == [
        Opinion("wi-fi", None, "negative", 54, 59),
        Opinion("pool", None, "negative", 28, 32),
        Opinion("breakfast", None, "positive"),
    ]


def test_categories_are_read_for_acsa_and_an_unknown_polarity_is_empty() -> None:
    text = '{"opinions": [{"category": "room comfort", "polarity": "mild"}, {"category": "", "polarity": "positive"}]}'
    assert extraction(text, REVIEW, "acsa") == [Opinion(None, "room comfort", "")] == extraction(text, REVIEW)


@given(st.text() | st.recursive(st.sampled_from('{[":,]}'), lambda part: st.tuples(part, part).map("".join)), st.text())
def test_no_text_makes_it_raise(text: str, review: str) -> None:
    for opinion in extraction(text, review, "atsa"):
        assert opinion.target
        assert opinion.start is None or review[opinion.start : opinion.end] == opinion.target


def test_deep_nesting_and_many_braces_are_survived() -> None:
    assert read_json("[" * 100_000) is None
    assert read_json('{"a":' * 50_000) is None
    assert read_json("{ " * 50_000 + "}") is None
