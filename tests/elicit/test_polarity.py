"""What a teacher calls a sentiment, and what it counts as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.polarity import judgment, polarity_of
from aspectra.elicit.validation import validate
from aspectra.schema import POLARITIES

SAID = {
    "positive": "Positive|positive|Very Positive|Mildly Positive|Positive (Mild)|Mostly Positive"
    "|Mild Sentiment (Positive)"
    '|"positive"|**Positive**|Pos|Positive - the author praises, though with negative undertones',
    "negative": "Negative|Very Negative|Slight Negative|MildNegative|Negative towards the staff"
    "|Negative (despite positives)",
    "neutral": "Neutral|Near Neutral|Mild/Neutral|Unspecified/Neutral|Mild Sentiment (Neutral)",
    "conflict": "Mixed|Mixed (Positive and Negative)|Positive and Negative|Conflict|Ambivalent"
    '|Very Negative for "Pretentious", Very Positive for "Amazing Food & Service"',
    None: "|Mild|Mild Sentiment|Very Mild|Not specified|None (Given context)|Disappointment|Mild Surprise|Undetermined"
    "|Neutral to Positive|Not positive|Non-negative|(your own analysis here)",
}


@pytest.mark.parametrize(("polarity", "sentiment"), [(p, said) for p, all_ in SAID.items() for said in all_.split("|")])
def test_a_sentiment_maps_to_its_polarity_or_to_none(polarity: str | None, sentiment: str) -> None:
    assert polarity_of(sentiment) == polarity


@given(st.text())
def test_any_text_maps_to_one_of_the_four_or_to_none(text: str) -> None:
    assert polarity_of(text) in (*POLARITIES, None)


@pytest.mark.parametrize(
    ("answer", "polarity"),
    [
        ("negative", "negative"),
        ("**Positive**.", "positive"),
        ('{"polarity": "neutral"}', "neutral"),
        ("```json\n{'sentiment': 'negative',}\n```", "negative"),
        ("Answer:\n\nneutral", "neutral"),
        ("The author judges the target as positive.", "positive"),
        ("polarity: negative\nThe waiter is praised, which is positive.", "negative"),
        ("Mixed", "conflict"),
        ("It cannot be said.", None),
        ("not positive", None),
        ("", None),
    ],
)
def test_a_judgment_is_a_word_a_sentence_or_json(answer: str, polarity: str | None) -> None:
    assert judgment(answer) == polarity
    reason = None if polarity else "no polarity" if answer else "empty"
    assert validate("polarity", answer, "x", "stop")[1] == reason


@given(st.text(), st.sampled_from(["stop", "length", None]))
def test_any_answer_is_judged_without_raising(text: str, finish_reason: str | None) -> None:
    kept, reason = validate("polarity", text, "x", finish_reason)
    assert kept == text.strip()
    assert reason is not None or judgment(kept) in POLARITIES
