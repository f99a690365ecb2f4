"""Analyses and rewritings as teachers write them: read, cut, accepted or rejected with a reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit import parse

REVIEW = "The camera is sharp, its battery a joke. Setting it up was easy."
GOOD = (
    'Opinion Target 1: "camera"\nAspect: Image\nSentiment: Very Positive\nReasoning: "Sharp" says so.\n\n'
    'Opinion Target 2: "battery"\nAspect: Life\nSentiment: Negative\nReasoning: A joke, the author says.'
)


def brief(text: str, review: str = REVIEW) -> list[tuple[str, str, str | None, bool]]:
    return [(b.target, b.aspect, b.polarity, b.in_review) for b in parse.analysis(text, review).blocks]


def test_blocks_are_read_with_targets_quoted_or_not() -> None:
    expected = [("camera", "Image", "positive", True), ("battery", "Life", "negative", True)]
    assert brief(GOOD) == expected
    assert brief(GOOD.replace('"camera"', "camera").replace('"battery"', "'battery'")) == expected
    assert (
        brief(GOOD.replace("Opinion Target 1:", "**Opinion Target 1:**").replace("Aspect: L", "- Aspect: L"))
        == expected
    )
    assert brief("\ufeff" + GOOD) == expected
    assert brief(GOOD.upper().replace("POSITIVE", "Positive"))[0][2] == "positive"


def test_several_aspects_of_one_target_are_several_blocks() -> None:
    text = (
        'Opinion Target 1: "camera"\nAspect 1: Image\nSentiment 1: Positive\nReasoning 1: a\n\n'
        "Aspect 2: Price\nSentiment 2: Mild\nReasoning 2: b\n\n"
        "Opinion Target 2: it\nSentiment: Neutral\nSentiment: Negative"
    )
    assert brief(text) == [
        ("camera", "Image", "positive", True),
        ("camera", "Price", None, True),
        ("it", "", "neutral", True),
        ("it", "", "negative", True),
    ]


def test_what_does_not_fit_is_marked_and_kept() -> None:
    found = parse.analysis('Opinion Target 1: "lens"\nAspect: x\nSentiment: Mild Surprise\nReasoning: y', REVIEW)
    assert [(b.target, b.sentiment, b.polarity, b.in_review) for b in found.blocks] == [
        ("lens", "Mild Surprise", None, False)
    ]
    assert (found.word_for_word, found.mapped) == (False, False)
    assert brief('Opinion Target: "CAMERA"')[0][3], "the case of a target does not count"


def test_a_block_on_one_line_is_read() -> None:
    line = 'Opinion Target 1: "camera" -- Aspect: Image -- Sentiment: Positive - Reasoning: sharp\n'
    commas = 'Opinion Target 1: "camera", Aspect: Image, Sentiment: Positive, Reasoning: sharp'
    for text in (line, commas):
        block = parse.analysis(text, REVIEW).blocks[0]
        assert (block.target, block.aspect, block.sentiment, block.reasoning) == (
            "camera",
            "Image",
            "Positive",
            "sharp",
        )


@pytest.mark.parametrize(
    "run_on",
    [
        "\n\nConsider the following reviews:\n\nReview: another\n\nOpinion Target 1: x",
        '\n\nResponse:\n["Opinion Target 1: camera"]',
        ' Response: ["Opinion Target 1"]',
        "\n\nReview: this is my daily driver\n\nOpinion Target 1: this",
        "\n\nExample Output:\nOpinion Target 1: x",
        "\n\nFinal answer:\n\n1. Opinion Target: x",
        "<|im_end|>\n<|im_start|>user",
    ],
)
def test_what_runs_on_is_cut_off(run_on: str) -> None:
    assert parse.validate("analysis", GOOD + run_on, REVIEW, "stop") == (GOOD, None)
    assert parse.validate("analysis", GOOD + run_on, REVIEW, "length") == (GOOD, None), "the answer itself is complete"
    told = "I love the sharp camera. Its battery disappoints me."
    assert parse.validate("rewriting", told + run_on, REVIEW, "stop") == (told, None)


def test_what_stands_before_the_answer_is_taken_off() -> None:
    assert parse.validate("analysis", "Sure! Here are the targets:\n\n" + GOOD, REVIEW, "stop") == (GOOD, None)
    for lead in ("Rewritten review: ", "Here is the review, told again:\n\n", "New text:\n", '"'):
        text = lead + "I love it." + ('"' if lead == '"' else "")
        assert parse.validate("rewriting", text, REVIEW, "stop") == ("I love it.", None), lead
    assert parse.validate("rewriting", "I love it.\n\nConfidence: 90%", REVIEW, None) == ("I love it.", None)


@pytest.mark.parametrize(
    ("kind", "text", "finish_reason", "reason"),
    [
        ("analysis", "  \n", "stop", "empty"),
        ("analysis", "", "length", "truncated"),
        ("rewriting", "", "content_filter", "filtered"),
        ("analysis", GOOD, "length", "truncated"),
        ("rewriting", "I love the", "length", "truncated"),
        ("extraction", '{"opinions": [{"tar', "length", "truncated"),
        ("extraction", "There are none.", "stop", "no JSON"),
        ("analysis", "The review is positive.", "stop", "no opinion target"),
        ("rewriting", GOOD, "stop", "an analysis"),
        ("rewriting", "I'm sorry, but I can't assist with that request.", "stop", "refused"),
        ("rewriting", "I’m sorry, I cannot fulfill this.", "stop", "refused"),
        ("analysis", "As an AI language model, I have no opinions.", "stop", "refused"),
        ("rewriting", "Unfortunately, I am unable to rewrite this review.", "stop", "refused"),
    ],
)
def test_an_unusable_answer_is_rejected_with_its_reason(kind: str, text: str, finish_reason: str, reason: str) -> None:
    assert parse.validate(kind, text, REVIEW, finish_reason)[1] == reason


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry to say that the food was bad and I can't recommend it.",
        "I cannot express enough how delighted I am.",
        "I am sorry, but I cannot come back to this place.",
        "I can't help but smile when I think of the pool.",
        "As an airline passenger I expected more.",
        "Unfortunately, I cannot provide a better word than awful.",
    ],
)
def test_a_review_that_complains_is_no_refusal(text: str) -> None:
    assert parse.validate("rewriting", text, REVIEW, "stop") == (text, None)


def test_thinking_is_taken_off_and_counted() -> None:
    assert parse.strip_thinking("<think>hm</think>\n\nyes") == ("yes", 2)
    assert parse.strip_thinking("let me see</think> yes") == ("yes", 10)
    assert parse.strip_thinking("<think>never done") == ("", 10)
    assert parse.strip_thinking("a < b </b> c") == ("a < b </b> c", 0)


def test_a_rewriting_that_only_repeats_the_review_is_marked() -> None:
    assert parse.rewriting(" " + REVIEW.upper(), REVIEW).echo
    assert not parse.rewriting("I love it.", REVIEW).echo


TEXTS = st.text() | st.lists(
    st.sampled_from(
        ["Opinion Target 1: ", "Aspect: ", "Sentiment: ", "Reasoning: ", '"', "'", "\n", "camera", "Mixed", " -- ",
         ", ", "Review: ", "Response: [", "<think>", "</think>", "{", "}", "I'm sorry, ", "\u2028", "\x00",
         "\ud800", "ي"]
    )
).map("".join)  # fmt: skip


@given(
    TEXTS, TEXTS, st.sampled_from(["analysis", "rewriting", "extraction"]), st.sampled_from(["stop", "length", None])
)
def test_no_text_makes_it_raise_and_what_is_kept_was_said(
    text: str, review: str, kind: str, reason: str | None
) -> None:
    rest, taken = parse.strip_thinking(text)
    assert taken >= 0
    kept, _ = parse.validate(kind, rest, review, reason)
    assert kept.replace("*", "") in rest.replace("*", "")
    parse.rewriting(kept, review)
    for block in parse.analysis(kept, review).blocks:
        assert not block.in_review or block.target.lower() in review.lower()


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[dict[str, Any]]:
    path = shared / "data" / "teacher" / "mixtral_500.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8-sig").split("\n") if line]


def test_the_recorded_answers_are_as_the_issue_counts_them(recorded: list[dict[str, Any]]) -> None:
    """149 of 234 have every target word for word, case aside, in the answer as it came (run-on part included)."""
    said = [(row["mixtral_response"], row["Text"]) for row in recorded]
    analyses = [pair for pair in said if pair[0].lstrip().startswith("Opinion Target")]
    assert (len(said), len(analyses)) == (500, 234)
    assert sum(parse.analysis(*pair).word_for_word for pair in analyses) == 149
    kept = [(parse.validate("analysis", *pair, None), pair[1]) for pair in analyses]
    assert Counter(reason for (_, reason), _ in kept) == {None: 234}
    parsed = [parse.analysis(text, review) for (text, _), review in kept]
    assert sum(len(each.blocks) for each in parsed) == 983
    assert sum(each.word_for_word for each in parsed) == 160, "with the run-on parts gone"
    polarities = Counter(block.polarity for each in parsed for block in each.blocks)
    assert polarities == {"positive": 539, "negative": 318, None: 70, "neutral": 54, "conflict": 2}
    rewritings = [pair for pair in said if pair not in analyses]
    kept = [(parse.validate("rewriting", *pair, None), pair[1]) for pair in rewritings]
    assert Counter(reason for (_, reason), _ in kept) == {None: 266}
    assert sum(len(text) < len(pair[0].strip()) for ((text, _), _), pair in zip(kept, rewritings, strict=True)) == 8
