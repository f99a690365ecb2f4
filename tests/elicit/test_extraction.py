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


BED, STREET = '{"target": "bed", "polarity": "positive"}', '{"target": "street", "polarity": "negative"}'
NONE, ONLY_BED, BOTH = '{"opinions": []}', f'{{"opinions": [{BED}]}}', f'{{"opinions": [{BED}, {STREET}]}}'


def subjects(text: str) -> list[tuple[str | None, str]] | None:
    """The targets and polarities in an answer about a hotel; None if it cannot be read."""
    if read_json(text) is None:
        return None
    return [(opinion.target, opinion.polarity) for opinion in extraction(text, "Soft bed, loud street.", "atsa")]


@pytest.mark.parametrize(
    "text",
    [
        BOTH,
        f"{BED}\n{STREET}",
        f"- {BED}\n- {STREET}",
        f"{BED}, {STREET}",
        f"[{BED}]\n[{STREET}]",
        f"[[{BED}], [{STREET}]]",
        f"{ONLY_BED}\n\nAnd also: {{'opinions': [{STREET}]}}",
        f'{ONLY_BED}\nAnd the final one is {{"opinions": [{STREET}]}}',
        f'[{ONLY_BED}, {{"opinions": [{STREET}]}}]',
        f'{{"positive": [{BED}], "negative": [{STREET}], "neutral": []}}',
        f'{{"answer": {BOTH}}}',
        BOTH.replace("}, {", "} {"),
        BOTH.replace("[{", "[ // two\n{"),
        BOTH.replace("]}", ",],}"),
        f"{{{BOTH}}}",
        f"{NONE}{BOTH}",
        f"{ONLY_BED}\n{BOTH}",
        f"Thinking... first draft: {NONE}. Wait, that is wrong. Final: {BOTH}",
        f"Draft: {ONLY_BED.replace('bed', 'fridge')}\n**Final answer**\n\n```json\n{BOTH}\n```",
        f"Draft: {BOTH.replace('negative', 'neutral')} That is wrong. It should be: {BOTH}",
        f"{BOTH}\n\nText: Nice pool.\n"
        + '{"opinions": [{"target": "pool", "polarity": "positive"}]}\n\nText: A b\n{"opi',
        '{"target": ["bed", "street"], "polarity": ["positive", "negative"]}',
        f'Candidates: ["bed", "street"]. {BOTH} [Note: two] {{if}} :-[',
    ],
)
def test_every_opinion_is_read_however_the_answer_is_divided(text: str) -> None:
    assert subjects(text) == [("bed", "positive"), ("street", "negative")]


def test_a_list_of_targets_is_an_opinion_about_each() -> None:
    text = '{"opinions": [{"target": ["bed", "street"], "polarity": "positive", "from": [5, 15], "to": [8, 21]}]}'
    found = pointed(text, "Soft bed, loud street.", "atsa")
    assert found == {Opinion("bed", None, "positive", 5, 8): True, Opinion("street", None, "positive", 15, 21): True}
    assert subjects('{"target": ["bed", "street"], "polarity": "positive"}') == [
        ("bed", "positive"),
        ("street", "positive"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        BOTH.removesuffix("]}"),
        BOTH[:-20],
        f"{BED}\n{STREET[:-5]}",
        f'{ONLY_BED}\n\nAnd also: {{"opinions": [',
        ONLY_BED.replace("}]", '}, "street"]'),
        ONLY_BED.replace("}]", "}, null]"),
        ONLY_BED.replace("}]", '}, {"name": "street", "polarity": "negative"}]'),
        ONLY_BED.replace("}]", '}, {"target": "street"}]'),
        ONLY_BED.replace("}]", "}, ...]"),
        ONLY_BED.replace("}]", '}, {target: "street", polarity: "negative"}]'),
        BOTH.replace('"bed"', '"the "soft" bed"'),
        BOTH.replace("}, {", ", "),
        BOTH.replace('"bed"', '{"text": "bed"}'),
        BOTH.replace('"bed"', '["bed", {"text": "mattress"}]'),
        BOTH.replace('"bed"', '["bed", "mattress", "pillow"]').replace('"positive"', '["positive", "neutral"]'),
        '[{"bed": "positive"}, {"street": "negative"}]',
        '{"opinions": null}',
    ],
)
def test_an_answer_of_which_a_part_cannot_be_read_is_not_read_at_all(text: str) -> None:
    assert read_json(text) is None


OPINIONS = st.lists(st.tuples(st.sampled_from(["bed", "street", "pool"]), st.sampled_from(POLARITIES)), max_size=4)
GAPS = st.sampled_from(["\n", ", ", "\n\nAnd also: ", "\n```\n\n```json\n"])


@given(st.lists(OPINIONS, min_size=1, max_size=3), GAPS, st.data())
def test_documents_count_together_and_none_of_them_if_one_is_cut(
    told: list[list[tuple[str, str]]], gap: str, data: st.DataObject
) -> None:
    items = [[{"target": target, "polarity": polarity} for target, polarity in part] for part in told]
    parts = [json.dumps(data.draw(st.sampled_from([part, {"opinions": part}]))) for part in items]
    assert read_json(gap.join(parts)) == [item for part in items for item in part]
    cut = gap.join([*parts[:-1], parts[-1][: data.draw(st.integers(1, len(parts[-1]) - 1))]])
    assert read_json(cut) is None


def test_objects_without_a_list_around_them_may_lack_the_last_one_at_the_token_limit() -> None:
    assert read_json(f"{BED}\n", cut=True) is None
    assert read_json(f"{BED}\nThat is all", cut=True) is not None
    assert read_json(f"{BED}\n\nText: Nice", cut=True) is not None
    assert read_json(ONLY_BED, cut=True) is not None


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
