"""Answers as teachers give them: cut, accepted, or rejected with a reason."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.analysis import Block, analysis
from aspectra.elicit.thinking import strip_thinking
from aspectra.elicit.validation import validate

REVIEW = "The camera is sharp, its battery a joke. Setting it up was easy."
GOOD = (
    'Opinion Target 1: "camera"\nAspect: Image\nSentiment: Very Positive\nReasoning: "Sharp" says so.\n\n'
    'Opinion Target 2: "battery"\nAspect: Life\nSentiment: Negative\nReasoning: A joke, the author says.'
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
    assert validate("analysis", GOOD + run_on, REVIEW, "stop") == (GOOD, None)
    assert validate("analysis", GOOD + run_on, REVIEW, "length") == (GOOD, None), "the answer itself is complete"
    told = "I love the sharp camera. Its battery disappoints me."
    assert validate("rewriting", told + run_on, REVIEW, "stop") == (told, None)


def test_what_stands_before_the_answer_is_taken_off() -> None:
    assert validate("analysis", "Sure! Here are the targets:\n\n" + GOOD, REVIEW, "stop") == (GOOD, None)
    for lead in ("Rewritten review: ", "Here is the review, told again:\n\n", "New text:\n", '"'):
        text = lead + "I love it." + ('"' if lead == '"' else "")
        assert validate("rewriting", text, REVIEW, "stop") == ("I love it.", None), lead
    assert validate("rewriting", "I love it.\n\nConfidence: 90%", REVIEW, None) == ("I love it.", None)


@pytest.mark.parametrize(
    ("kind", "text", "finish_reason", "reason"),
    [
        ("analysis", "  \n", "stop", "empty"),
        ("analysis", "", "length", "truncated in its reasoning"),
        ("rewriting", "", "content_filter", "filtered"),
        ("analysis", GOOD, "length", "truncated"),
        ("rewriting", "I love the", "length", "truncated"),
        ("extraction", '{"opinions": [{"tar', "length", "truncated"),
        ("extraction", '{"opinions": [{"target": "a", "polarity": "neutral"}, {"target": "b', "length", "truncated"),
        ("extraction", '{"target": "a", "polarity": "neutral"}\n', "length", "truncated"),
        ("extraction", '{"opinions": [{"target": "a", "polarity": "neutral"}, "b"]}', "stop", "no JSON"),
        ("extraction", "There are none.", "stop", "no JSON"),
        ("analysis", "The review is positive.", "stop", "no opinion target"),
        ("rewriting", GOOD, "stop", "an analysis"),
        ("rewriting", "I'm sorry, but I can't assist with that request.", "stop", "refused"),
        ("rewriting", "I’m sorry, I cannot fulfill this.", "stop", "refused"),
        ("rewriting", "Not this one.", "refusal", "refused"),
        ("analysis", "As an AI language model, I have no opinions.", "stop", "refused"),
        ("rewriting", "Unfortunately, I am unable to rewrite this review.", "stop", "refused"),
    ],
)
def test_an_unusable_answer_is_rejected_with_its_reason(kind: str, text: str, finish_reason: str, reason: str) -> None:
    assert validate(kind, text, REVIEW, finish_reason)[1] == reason


@pytest.mark.parametrize("after", ["", "\n\nI hope tha", "\n\nText: The lens\n{", "<|im_end|>\n<|im_start|>user\n{"])
def test_an_extraction_of_which_only_the_talk_after_it_is_cut_is_complete(after: str) -> None:
    told = '{"opinions": [{"target": "battery", "polarity": "negative"}]}'
    assert validate("extraction", told + after, REVIEW, "length")[1] is None


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
    assert validate("rewriting", text, REVIEW, "stop") == (text, None)


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
    rest, taken = strip_thinking(text)
    assert taken >= 0
    kept, _ = validate(kind, rest, review, reason)
    assert kept.replace("*", "") in rest.replace("*", "")
    for block in analysis(kept, review):
        assert not block.in_review or block.target.lower() in review.lower()


@pytest.fixture(scope="module")
def recorded(shared: Path) -> list[dict[str, Any]]:
    path = shared / "data" / "teacher" / "mixtral_500.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8-sig").split("\n") if line]


def word_for_word(blocks: tuple[Block, ...]) -> bool:
    """Every target that is named stands in the review."""
    return all(block.in_review or not block.target for block in blocks)


def test_the_recorded_answers_are_as_the_issue_counts_them(recorded: list[dict[str, Any]]) -> None:
    """149 of 234 have every target word for word, case aside, in the answer as it came (run-on part included)."""
    said = [(row["mixtral_response"], row["Text"]) for row in recorded]
    analyses = [pair for pair in said if pair[0].lstrip().startswith("Opinion Target")]
    assert (len(said), len(analyses)) == (500, 234)
    assert sum(word_for_word(analysis(*pair)) for pair in analyses) == 149
    kept = [(validate("analysis", *pair, None), pair[1]) for pair in analyses]
    assert Counter(reason for (_, reason), _ in kept) == {None: 234}
    parsed = [analysis(text, review) for (text, _), review in kept]
    assert sum(len(each) for each in parsed) == 983
    assert sum(word_for_word(each) for each in parsed) == 160, "with the run-on parts gone"
    polarities = Counter(block.polarity for each in parsed for block in each)
    assert polarities == {"positive": 539, "negative": 318, None: 70, "neutral": 54, "conflict": 2}
    rewritings = [pair for pair in said if pair not in analyses]
    kept = [(validate("rewriting", *pair, None), pair[1]) for pair in rewritings]
    assert Counter(reason for (_, reason), _ in kept) == {None: 266}
    assert sum(len(text) < len(pair[0].strip()) for ((text, _), _), pair in zip(kept, rewritings, strict=True)) == 8
