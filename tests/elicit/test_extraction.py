"""JSON as LLMs write it, read as opinions."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.extraction import extraction, pointed, read_json
from aspectra.schema import POLARITIES, Opinion

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


def places(*given: dict[str, object], review: str = REVIEW) -> list[tuple[int | None, int | None, bool | None]]:
    """What becomes of the places of opinions about the pool, and whether each was right."""
    text = json.dumps({"opinions": [{"target": "pool", "polarity": "positive"} | each for each in given]})
    return [(o.start, o.end, right) for o, right in pointed(text, review, "atsa").items()]


def test_a_place_that_the_answer_gives_is_the_place_of_the_target() -> None:
    assert places({"from": 4, "to": 8}) == [(4, 8, True)], "but for its case the target stands there"
    assert places({"from": "28", "to": " 32 "}) == [(28, 32, True)]
    assert places({"from": 27, "to": 33}) == [(28, 32, True)], "the white space around it is no part of it"
    said = {"target": "pool bar", "from": 6, "to": 15}
    assert places(said, review="A nice pool\tbar.") == [(7, 15, True)]
    assert places({}) == [(28, 32, None)]


@pytest.mark.parametrize(
    "given",
    [{"from": 6, "to": 9}, {"from": 0, "to": 5}, {"from": 9, "to": 4}, {"from": 4}, {"from": 12, "to": 10**30}],
)
def test_a_place_at_which_the_target_does_not_stand_gives_way_to_the_nearest_one(given: dict[str, object]) -> None:
    assert places(given) == [(4, 8, False)]


@pytest.mark.parametrize(
    "given",
    [{"to": 8}, {"from": -3, "to": 8}, {"from": None, "to": None}, {"from": True}, {"from": [4]}, {"from": "9" * 5000}],
)
def test_what_is_no_offset_is_as_good_as_none(given: dict[str, object]) -> None:
    assert places(given) == [(28, 32, None)]


def test_a_place_of_a_target_that_is_not_in_the_review_is_no_place() -> None:
    assert places({"target": "sauna", "from": 4, "to": 8}) == [(None, None, False)]


def test_a_target_that_is_judged_at_two_places_is_two_opinions_only_if_both_are_given() -> None:
    assert places({"from": 4, "to": 8}, {"from": 28, "to": 32}) == [(4, 8, True), (28, 32, True)]
    assert places({}, {}) == [(28, 32, None)]
    assert places({"from": 28, "to": 32}, {"from": 28, "to": 32}, {}) == [(28, 32, True)]
    both = places({"from": 28, "to": 32}, {"from": 28, "to": 32, "polarity": "negative"})
    assert both == [(28, 32, True), (28, 32, True)]


@given(st.data(), st.text(min_size=1))
def test_any_spans_of_any_text_come_back_as_they_were_given(data: st.DataObject, review: str) -> None:
    offset = st.integers(0, len(review))
    marks = data.draw(st.lists(st.tuples(offset, offset, st.sampled_from(POLARITIES), st.booleans())))
    opinions = []
    wanted = []
    for first, last, polarity, digits in marks:
        part = review[first:last]
        place = {"from": str(first), "to": str(last)} if digits else {"from": first, "to": last}
        opinions.append({"target": part, "polarity": polarity} | place)
        if part.strip():
            start = first + len(part) - len(part.lstrip())
            end = start + len(part.strip())
            wanted.append(Opinion(review[start:end], None, polarity, start, end))
    found = pointed(json.dumps({"opinions": opinions}), review, "atsa")
    assert found == dict.fromkeys(wanted, True)


@given(st.text("ab B", min_size=1), st.text("ab B", min_size=1), st.integers(-2, 40), st.integers(-2, 40))
def test_whatever_offsets_say_a_place_holds_the_target(target: str, review: str, first: int, last: int) -> None:
    text = json.dumps({"opinions": [{"target": target, "polarity": "positive", "from": first, "to": last}]})
    for opinion in extraction(text, review, "atsa"):
        assert opinion.target and opinion.target.casefold().split() == target.casefold().split()
        assert opinion.start is None or review[opinion.start : opinion.end] == opinion.target
        assert opinion.start is not None or target.strip().casefold() not in review.casefold()
