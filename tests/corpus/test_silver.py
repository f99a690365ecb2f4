"""Sentence labels cut out of a teacher's answers."""

from __future__ import annotations

import json
from collections import Counter

from aspectra.corpus import silver
from aspectra.schema import Example, Response

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
