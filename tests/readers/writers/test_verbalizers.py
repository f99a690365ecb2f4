"""From likelihoods of words to a polarity: the formula by hand, and the analysis that is begun."""

from __future__ import annotations

import math
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.analysis import analysis
from aspectra.elicit.polarity import polarity_of
from aspectra.readers.reader import LABELS, best
from aspectra.readers.writers import verbalizers
from aspectra.readers.writers.verbalizers import begun_for, calibrated, mass, normalized, prior

LOGS = st.fixed_dictionaries({label: st.floats(-200, 0) for label in LABELS})


def logs(positive: float, negative: float, neutral: float) -> dict[str, float]:
    return {"positive": log(positive), "negative": log(negative), "neutral": log(neutral)}


def test_a_label_is_as_likely_as_its_words_together() -> None:
    said = mass(["positive", "positive", "negative", "neutral"], [log(0.2), log(0.1), log(0.05), -1000.0])
    assert {label: math.exp(each) for label, each in said.items()} == pytest.approx(
        {"positive": 0.3, "negative": 0.05, "neutral": 0.0}
    )
    assert said["neutral"] == -1000.0, "no underflow: the log is kept"


def test_the_calibration_by_hand() -> None:
    """Shares: 1/3 1/3 1/3, then 4/6 1/6 1/6, 2/5 2/5 1/5, 6/10 3/10 1/10; their mean 1/2, 3/10, 1/5.

    P(y) / prior(y): .30 x 2 = 36/60, .20 x 10/3 = 40/60, .05 x 5 = 15/60; together 91/60.
    """
    contexts = [logs(0.4, 0.1, 0.1), logs(0.2, 0.2, 0.1), logs(0.06, 0.03, 0.01)]
    before = prior(contexts)
    assert {label: math.exp(each) for label, each in before.items()} == pytest.approx(
        {"positive": 1 / 2, "negative": 3 / 10, "neutral": 1 / 5}
    )
    asked = logs(0.30, 0.20, 0.05)
    found = calibrated(asked, before)
    assert {label: math.exp(each) for label, each in found.items()} == pytest.approx(
        {"positive": 36 / 91, "negative": 40 / 91, "neutral": 15 / 91}
    )
    assert (best(asked), best(found)) == ("positive", "negative"), "what is likely anyway counts for less"


@given(LOGS, st.lists(LOGS, min_size=1, max_size=3), st.floats(-50, 0))
def test_shares_add_up_to_one_and_a_common_factor_says_nothing(
    asked: dict[str, float], contexts: list[dict[str, float]], factor: float
) -> None:
    before = prior(contexts)
    found = calibrated(asked, before)
    assert sum(math.exp(each) for each in found.values()) == pytest.approx(1.0)
    assert sum(math.exp(each) for each in before.values()) == pytest.approx(1.0)
    moved = calibrated({label: each + factor for label, each in asked.items()}, before)
    assert list(moved.values()) == pytest.approx(list(found.values()), abs=1e-9)
    even = {label: log(1 / 3) for label in LABELS}
    assert calibrated(asked, prior([even])) == pytest.approx(normalized(asked))


@given(LOGS, st.lists(LOGS, min_size=3, max_size=3))
def test_however_sure_of_an_empty_review_it_changes_odds_by_ten_to_one_at_most(
    asked: dict[str, float], contexts: list[dict[str, float]]
) -> None:
    found = calibrated(asked, prior(contexts))
    moved = [found[label] - asked[label] for label in LABELS]
    assert max(moved) - min(moved) <= log(10) + 1e-9


def test_every_word_means_its_label_and_none_begins_another() -> None:
    for newline in (True, False):
        ways = verbalizers.ways(newline)
        assert all(polarity_of(way) == label for label, way in ways)
        texts = [way for _, way in ways]
        assert not any(one != other and other.startswith(one) for one in texts for other in texts)
        assert {label for label, _ in ways} == set(LABELS)


@pytest.mark.parametrize(
    ("asked", "category", "aspect", "target", "line"),
    [
        ("soup", None, "{target}", "soup", "soup"),
        ("soup", None, "General Assessment", "soup", "General Assessment"),
        ("soup", None, "", "soup", ""),
        (None, "FOOD#STYLE_OPTIONS", "{target}", "food", "food style options"),
        (None, "service", "{target}", "service", "service"),
        ("soup", "FOOD#STYLE_OPTIONS", "{target}", "soup", "food style options"),
        (None, None, "{target}", "overall experience", "General Assessment"),
    ],
)
def test_the_analysis_begun_is_one_that_the_corpus_reader_knows(
    asked: str | None, category: str | None, aspect: str, target: str, line: str
) -> None:
    begun = begun_for(asked, category, aspect)
    assert begun.endswith("\nSentiment:")
    (block,) = analysis(f"{begun} Very Positive\nReasoning: as said.", "the soup")
    assert (block.target, block.aspect, block.polarity) == (target, line, "positive")
    assert ("Aspect:" in begun) == bool(line)
