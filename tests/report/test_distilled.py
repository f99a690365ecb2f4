"""What is told of a distillation: figures over reviews, a verdict on more answers, a page that is one safe file."""

from __future__ import annotations

from typing import Any

import pytest
from tests.report.test_benchmark import EVIL, Page

from aspectra.report import distilled
from aspectra.report.distilled import lines, measured, more
from aspectra.report.frame import environment, frame
from aspectra.schema import Example, Opinion, Prediction
from aspectra.score.significance import Interval

GOOD = (Opinion("soup", None, "positive", 4, 8),)
BAD = (Opinion("soup", None, "negative", 4, 8),)


def sentences(reviews: int, each: int) -> list[Example]:
    return [Example(f"shop:{r}:{n}", "The soup was fresh", GOOD) for r in range(reviews) for n in range(each)]


def right(gold: list[Example], share: float) -> list[Prediction]:
    """The first part of the reviews read rightly, the others wrongly, all sentences of a review alike."""
    reviews = list(dict.fromkeys(example.id.rpartition(":")[0] for example in gold))
    known = set(reviews[: round(share * len(reviews))])
    return [Prediction(e.id, e.text, GOOD if e.id.rpartition(":")[0] in known else BAD) for e in gold]


def results(**others: Any) -> dict[str, Any]:
    gold = sentences(40, 3)
    said = {"before": right(gold, 0.3), "half": right(gold, 0.6), "all": right(gold, 0.9)}
    return {
        "config": {"reviews": "reviews.csv", "student": "tiny", "elicit": {"model": "my-llm"}},
        "draw": {"reviews": 1000, "drawn": 400, "unsure": 200},
        "asked": {"cost_usd": 1.5, "tokens_in": 10, "tokens_out": 20, "rejected": 2, "failed": 0}
        | {"absent": 0, "pending": 0},
        "answers": {"answered": 398, "held": {"reviews": 40}, "learned": {"half": 179, "all": 358}, "left_out": 0},
        "analyze": "aspectra analyze reviews.csv",
        **measured(gold, said, {"half": 179, "all": 358}, of_reviews=True),
        **others,
    }  # fmt: skip


def test_f1_before_and_after_and_the_gains_are_of_the_same_sentences() -> None:
    made = results()
    assert [(row["system"], row["learned"]) for row in made["rows"]] == [("before", 0), ("half", 179), ("all", 358)]
    assert [row["f1"] for row in made["rows"]] == pytest.approx([0.3, 0.6, 0.9])
    assert made["gains"]["all - before"]["value"] == pytest.approx(0.6)
    assert made["judged"] == {"by": "the LLM", "unit": "review", "units": 40, "sentences": 120, "opinions": 120}


def test_sentences_of_one_review_are_not_so_many_witnesses() -> None:
    """Three sentences that are always right or wrong together say no more than one."""
    wide, narrow = (
        measured(gold, {name: right(gold, 0.5) for name in ("half", "all")}, {"half": 1, "all": 2}, of_reviews)["rows"][
            0
        ]
        for gold, of_reviews in ((sentences(40, 3), True), (sentences(40, 3), False))
    )
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])


@pytest.mark.parametrize(
    ("gain", "says"),
    [
        (
            Interval(0.02, 0.005, 0.035),
            "Probably: the last 900 answers brought +2.00 F1 (95 % interval +0.50 to +3.50)",
        ),
        (Interval(0.001, -0.004, 0.006), "Hardly"),
        (Interval(0.01, -0.01, 0.03), "Cannot be told"),
        (Interval(-0.03, -0.05, -0.01), "Hardly"),
    ],
)
def test_would_paying_for_more_help(gain: Interval, says: str) -> None:
    assert says in more(gain, 900, 200)
    assert "Cannot be told from so few held-out reviews: the last 900" in more(gain, 900, 3)


def test_what_is_not_known_is_said() -> None:
    assert "Only 40 reviews to evaluate on: the intervals are wide." in lines(results())
    worse = results()
    assert not any("not better here" in line for line in lines(worse))
    worse["gains"]["all - before"]["value"] = -0.01
    assert any("the new model is not better here than tiny, which needs no LLM" in line for line in lines(worse))
    without = results()
    without["rows"] = without["rows"][1:]
    assert "Before: tiny does not know the task, so there is nothing to measure." in lines(without)


def test_the_page_is_one_safe_file() -> None:
    made = results(analyze=f"aspectra analyze {EVIL}")
    made["config"]["elicit"]["model"] = EVIL
    text = (
        environment(markup=True)
        .get_template("distilled.html.jinja")
        .render(**distilled.context(made), **frame((), "distilled.js", {}))
    )
    page = Page(text)
    assert "all answers" in page.text and "90.00" in page.text and EVIL in page.text
    assert len(page.all("script")) == 2 and not page.all("link")
    assert "default-src 'none'" in str(page.all("meta", http_equiv="Content-Security-Policy")[0]["content"])


def test_a_student_that_names_nothing_is_not_asked_about_more_money() -> None:
    gold = sentences(40, 1)
    silent = [Prediction(example.id, example.text, ()) for example in gold]
    found = measured(gold, {"half": silent, "all": silent}, {"half": 20, "all": 40}, of_reviews=True)
    assert "names no opinion: it has learned too little" in found["more"]
    wrong = [Prediction(example.id, example.text, BAD) for example in gold]
    assert "help?" in measured(gold, {"half": silent, "all": wrong}, {"half": 20, "all": 40}, of_reviews=True)["more"]
