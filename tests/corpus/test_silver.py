"""Sentence labels cut out of a teacher's answers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.corpus import silver
from aspectra.data.examples import load, save
from aspectra.schema import POLARITIES, Example, Response
from aspectra.sentences import spans

REVIEW = "The porter smiled. Our kettle leaked, the porter shrugged! We left on Sunday."


def answer(kind: str, text: str, task: str = "atsa") -> Response:
    settings = json.dumps({"task": task})
    return Response("r1", REVIEW, kind, "v1", "m", settings, text, "stop", 1, 1, "done", None, 1, "2026-01-01")


def analysis(*blocks: tuple[str, str, str]) -> Response:
    return answer(
        "analysis",
        "\n\n".join(
            f'Opinion Target {i}: "{target}"\nAspect: x\nSentiment: {sentiment}\nReasoning: {why}'
            for i, (target, sentiment, why) in enumerate(blocks, 1)
        ),
    )


def labels(example: Example) -> list[tuple[str | None, str, int | None]]:
    return [(o.target, o.polarity, o.start) for o in example.opinions]


def test_each_opinion_goes_to_the_sentence_that_its_reasoning_speaks_of() -> None:
    given = [
        analysis(("porter", "Negative", "the porter shrugged when the kettle leaked"), ("kettle", "Negative", "leaked"))
    ]
    counts: Counter[str] = Counter()
    first, second, third = silver.label("r1", REVIEW, given, counts)
    assert (first.text, labels(first)) == ("The porter smiled.", [])
    assert labels(second) == [("kettle", "negative", 4), ("porter", "negative", 23)]
    assert (third.id, third.opinions) == ("r1:3", ())
    assert counts == {"silver reviews from analysis": 1}


def test_an_extraction_that_cannot_be_read_does_not_say_that_there_is_no_opinion() -> None:
    """As an older version stored them: accepted, though cut off."""
    broken = answer("extraction", '{"opinions": [{"target": "kettle", "polarity": "negative"}, {"tar')
    counts: Counter[str] = Counter()
    assert silver.label("r1", REVIEW, [broken], counts) == []
    assert counts == {"silver reviews whose extraction is left out, its JSON is broken": 1}
    found = silver.label("r1", REVIEW, [broken, analysis(("kettle", "Negative", "leaked"))], counts)
    assert [labels(example) for example in found] == [[], [("kettle", "negative", 4)], []]


def test_a_sentence_without_opinion_is_kept_only_if_every_opinion_had_a_place() -> None:
    given = [analysis(("The porter", "Positive", "smiled"), ("breakfast", "Positive", "implied"))]
    counts: Counter[str] = Counter()
    found = silver.label("r1", REVIEW, given, counts)
    assert [(example.text, labels(example)) for example in found] == [
        ("The porter smiled.", [("porter", "positive", 4)])  # without the article that the teacher copied along
    ]
    assert counts["silver opinions left out, without a place or polarity"] == 1
    assert counts["silver sentences left out, an opinion of the review had no place"] == 2


def test_two_judgments_of_one_place_become_conflict() -> None:
    given = [analysis(("kettle", "Positive", "our kettle"), ("kettle", "Negative", "kettle leaked"))]
    found = silver.label("r1", REVIEW, given, Counter())
    assert ("kettle", "conflict", 4) in labels(found[1])


def test_a_sentence_that_is_said_again_is_one() -> None:
    given = [analysis(("tea", "Positive", "lovely"))]
    found = silver.label("r1", "Lovely tea. We stayed. Lovely tea. Lovely tea.", given, Counter())
    assert [(example.text, labels(example)) for example in found] == [
        ("Lovely tea.", [("tea", "positive", 7)]),
        ("We stayed.", []),
    ]


def test_a_target_of_a_script_without_spaces_has_its_place() -> None:
    (only,) = silver.label("r1", "他们家的菜真好吃。", [analysis(("菜", "Positive", "好吃"))], Counter())
    assert labels(only) == [("菜", "positive", 4)]


def test_an_extraction_answer_goes_before_the_analysis() -> None:
    given = [
        analysis(("porter", "Negative", "shrugged")),
        answer("extraction", '{"opinions": [{"target": "KETTLE", "polarity": "negative"}]}'),
    ]
    counts: Counter[str] = Counter()
    found = silver.label("r1", REVIEW, given, counts)
    assert [labels(example) for example in found] == [[], [("kettle", "negative", 4)], []]
    assert counts == {"silver reviews from extraction": 1}


def test_a_category_has_a_place_in_a_review_of_one_sentence_only() -> None:
    given = [answer("extraction", '{"opinions": [{"category": "food quality", "polarity": "positive"}]}', "acsa")]
    assert silver.label("r1", REVIEW, given, Counter()) == []
    (only,) = silver.label("r1", "Lovely eggs.", given, Counter())
    assert [(o.target, o.category, o.polarity) for o in only.opinions] == [(None, "food quality", "positive")]


def test_a_review_without_an_answer_has_no_labels() -> None:
    assert silver.label("r1", REVIEW, [answer("rewriting", "The porter was kind.")], Counter()) == []


def placed(review: str, *opinions: tuple[str, str, int, int]) -> list[Example]:
    """The sentences of a review by an `extraction` answer that gives places."""
    said = [{"target": t, "polarity": p, "from": first, "to": last} for t, p, first, last in opinions]
    return silver.label("r1", review, [answer("extraction", json.dumps({"opinions": said}))], Counter())


def test_an_opinion_stays_where_the_answer_places_it() -> None:
    first, second, _ = placed(REVIEW, ("porter", "negative", 42, 48), ("porter", "positive", 4, 10))
    assert (labels(first), labels(second)) == ([("porter", "positive", 4)], [("porter", "negative", 23)])


def test_a_place_is_kept_with_its_article_and_a_wrong_one_is_looked_for_nearby_without() -> None:
    _, second, _ = placed(REVIEW, ("the porter", "negative", 38, 48))
    assert labels(second) == [("the porter", "negative", 19)]
    _, second, _ = placed(REVIEW, ("the porter", "negative", 45, 55))
    assert labels(second) == [("porter", "negative", 23)]


def test_two_judgments_of_one_place_stay_two_where_the_answer_places_them(tmp_path: Path) -> None:
    twice = (("kettle", "positive", 23, 29), ("kettle", "negative", 23, 29))
    found = placed(REVIEW, *twice)
    assert labels(found[1]) == [("kettle", "positive", 4), ("kettle", "negative", 4)]
    save(tmp_path / "train.json", found)
    assert load(tmp_path / "train.json") == found
    without = [{"target": target, "polarity": polarity} for target, polarity, _, _ in twice]
    settled = silver.label("r1", REVIEW, [answer("extraction", json.dumps({"opinions": without}))], Counter())
    assert labels(settled[1]) == [("kettle", "conflict", 4)]


@pytest.mark.parametrize("placed_first", [True, False])
@pytest.mark.parametrize("polarity", ["positive", "conflict", "neutral"])
def test_two_judgments_of_one_place_are_one_where_the_answer_places_only_one(polarity: str, placed_first: bool) -> None:
    said = [
        {"target": "kettle", "polarity": "negative", "from": 23, "to": 29},
        {"target": "kettle", "polarity": polarity},
    ]
    said = said if placed_first else said[::-1]
    found = silver.label("r1", REVIEW, [answer("extraction", json.dumps({"opinions": said}))], Counter())
    assert labels(found[1]) == [("kettle", "negative" if polarity == "neutral" else "conflict", 4)]


def test_places_in_a_sentence_that_is_said_again_are_those_of_the_one_sentence() -> None:
    review = "Lovely tea. We stayed. Lovely tea."
    found = placed(review, ("tea", "positive", 7, 10), ("tea", "positive", 30, 33), ("Lovely", "neutral", 23, 29))
    assert [labels(example) for example in found] == [[("Lovely", "neutral", 0), ("tea", "positive", 7)], []]


@given(st.data(), st.text("ab .\n", min_size=1) | st.text(min_size=1))
def test_any_spans_of_any_review_are_in_silver_if_a_sentence_holds_them(data: st.DataObject, review: str) -> None:
    offset = st.integers(0, len(review) - 1)
    drawn = data.draw(st.lists(st.tuples(offset, st.integers(1, 9), st.sampled_from(POLARITIES))))
    marks = [(first, min(first + length, len(review)), polarity) for first, length, polarity in drawn]
    marks = [mark for mark in marks if review[mark[0] : mark[1]] == review[mark[0] : mark[1]].strip()]
    found = placed(review, *((review[first:last], polarity, first, last) for first, last, polarity in marks))
    wanted = {
        (review[a:b], first - a, last - a, polarity)
        for a, b in spans(review)
        for first, last, polarity in marks
        if a <= first and last <= b
    }
    got = [(e.text, o.start, o.end, o.polarity) for e in found for o in e.opinions]
    assert sorted(got) == sorted(wanted)
    assert all(o.target == e.text[o.start : o.end] for e in found for o in e.opinions)
