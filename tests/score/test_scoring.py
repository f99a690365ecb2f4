"""Both scorings against their definitions: by hand, and against slow ones that follow the words of the design."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.schema import POLARITIES, Example, Opinion, Prediction
from aspectra.score.predictions import read_predictions, write_predictions
from aspectra.score.scoring import Score, score, score_rows
from aspectra.tasks import get

WORDS = ["food", "bar", "fo", "od; b", "x"]
TEXT = "food; bar food"


def slow(gold: list[Example], raws: list[str], task: str, scoring: str) -> tuple[float, float, float]:
    """The design's definition with lists and comparison of everything with everything; raw has no escapes."""
    true, pred = [], []
    wrong = 0
    for index, (example, raw) in enumerate(zip(gold, raws, strict=True)):
        entries: list[object] = []
        for o in example.opinions:
            if task == "atsa" and o.target is not None:
                entries.append((index, o.target, o.polarity, (o.start, o.end) if scoring == "paper" else None))
            if task == "acsa" and o.category is not None:
                entries.append((index, o.category.lower().replace("#", " "), o.polarity, None))
        true += [entry[:3] for i, entry in enumerate(entries) if entry not in entries[:i]]  # type: ignore[index]
        pieces: list[object] = []
        for piece in [] if raw.strip() == "none" else raw.split(";"):
            parts = [part.strip() for part in piece.split("|")]
            good = len(parts) == 2 and parts[1] in POLARITIES
            if task == "atsa" and good:
                good = parts[0] in example.text and (scoring == "paper" or parts[0] != "")
            if task == "acsa" and good and scoring == "strict":
                good = parts[0] != ""
            if good:
                pieces.append((index, *parts))
            elif piece.strip():
                wrong += 1
        pred += [p for i, p in enumerate(pieces) if scoring == "paper" or p not in pieces[:i]]
    count = len(pred) + (wrong if scoring == "strict" else 0)
    empty = 1 if scoring == "paper" else 0
    precision = sum(p in true for p in pred) / count if count else empty
    recall = sum(t in pred for t in true) / len(true) if true else empty
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
    return precision, recall, f1


opinions = st.builds(
    lambda target, category, polarity, start: Opinion(target, category, polarity, start, start + len(target or "")),
    st.sampled_from([None, "food", "bar", "fo"]),
    st.sampled_from([None, "FOOD#QUALITY", "Food#quality", "BAR", "x"]),
    st.sampled_from(POLARITIES[:2]),
    st.sampled_from([0, 10]),
)
pieces = st.builds(
    lambda *parts: "".join(parts),
    st.sampled_from(["food", "bar", " fo ", "food quality", "x", "", "none", "FOOD#QUALITY", "food |"]),
    st.sampled_from([" | ", "|", "", " "]),
    st.sampled_from(["positive", "negative", "Positive", "good", ""]),
)
answers = st.one_of(st.lists(pieces, max_size=5).map(" ; ".join), st.sampled_from(["none", "", " ", ";;"]))


@given(st.lists(st.tuples(st.lists(opinions, max_size=4), answers), max_size=5))
@pytest.mark.parametrize("task", ["atsa", "acsa"])
@pytest.mark.parametrize("scoring", ["strict", "paper"])
def test_the_quick_scorer_is_the_slow_one(task: str, scoring: str, rows: list[tuple[list[Opinion], str]]) -> None:
    gold = [Example(str(i), TEXT, tuple(said)) for i, (said, _) in enumerate(rows)]
    predictions = [Prediction(str(i), TEXT, raw=raw) for i, (_, raw) in enumerate(rows)]
    found = score(gold, predictions, task, scoring)
    assert (found.precision, found.recall, found.f1) == slow(gold, [raw for _, raw in rows], task, scoring)
    assert found.sentences == len(rows)
    assert scoring == "paper" or found.correct == found.found


@given(st.lists(opinions, max_size=6))
@pytest.mark.parametrize("task", ["atsa", "acsa"])
def test_opinions_score_as_their_linear_form_does_in_strict(task: str, said: list[Opinion]) -> None:
    gold = [Example("1", TEXT, (Opinion("food", "FOOD#QUALITY", "positive", 0, 4),))]
    by_opinions = score(gold, [Prediction("1", TEXT, tuple(said))], task)
    by_raw = score(gold, [Prediction("1", TEXT, raw=get(task).encode(said))], task)
    assert by_opinions == by_raw


def place(start: int, polarity: str = "positive") -> Opinion:
    return Opinion("food", "FOOD#QUALITY", polarity, start, start + 4, ("good",))


def test_repeats_count_in_paper_scoring_and_not_in_strict() -> None:
    gold = [Example("1", TEXT, (place(0), place(10), place(0)))]
    said = [Prediction("1", TEXT, raw="food | positive ; food | positive ; food | positive ; bar | negative ; ham | x")]
    assert score(gold, said, "atsa", "paper") == Score(0.75, 1.0, 2 * 0.75 / 1.75, 2, 4, 3, 2, 1)
    assert score(gold, said, "atsa") == Score(1 / 3, 1.0, 2 * (1 / 3) / (4 / 3), 1, 3, 1, 1, 1)
    twice = [Prediction("1", TEXT, (place(0), place(0)))]
    assert score(gold, twice, "atsa", "paper").predicted == 2
    assert score(gold, twice, "atsa").predicted == 1


def test_nothing_said_and_nothing_to_say() -> None:
    nothing, something = [Example("1", TEXT)], [Example("1", TEXT, (place(0),))]
    silent, wrong = [Prediction("1", TEXT, raw="none")], [Prediction("1", TEXT, raw="bar | negative")]
    both = {way: score(nothing, silent, "atsa", way) for way in ("paper", "strict")}
    assert (both["paper"].precision, both["paper"].recall, both["paper"].f1) == (1, 1, 1)
    assert (both["strict"].precision, both["strict"].recall, both["strict"].f1) == (0, 0, 0)
    assert score(something, silent, "atsa", "paper").precision == 1
    assert score(something, silent, "atsa", "paper").f1 == 0
    assert score(nothing, wrong, "atsa", "paper").recall == 1
    assert score(something, silent, "atsa").f1 == 0


def test_raw_counts_before_opinions() -> None:
    gold = [Example("1", TEXT, (place(0),))]
    assert score(gold, [Prediction("1", TEXT, (place(0),), raw="")], "atsa").predicted == 0
    assert score(gold, [Prediction("1", TEXT, (place(0),), raw=None)], "atsa").f1 == 1


def test_subsets_and_rows() -> None:
    gold = [Example("1", TEXT, (place(0), place(10, "negative"))), Example("2", TEXT, (place(0),))]
    said = [Prediction("1", TEXT, raw="food | positive"), Prediction("2", TEXT, raw="food | positive")]
    rows = score_rows(gold, said, "atsa", ["all", "multi"], ["strict", "paper"])
    assert [(row["scoring"], row["subset"], row["sentences"], row["gold"]) for row in rows] == [
        ("strict", "all", 2, 3),
        ("strict", "multi", 1, 2),
        ("paper", "all", 2, 3),
        ("paper", "multi", 1, 2),
    ]


def test_the_first_difference_is_named() -> None:
    gold = [Example("1", "same"), Example("2", "y" * 200 + " left " + "z" * 200)]
    other = [Prediction("1", "same", raw=""), Prediction("2", "y" * 200 + " right " + "z" * 200, raw="")]
    with pytest.raises(UserError) as caught:
        score(gold, other, "atsa")
    assert "sentence 2 differs" in str(caught.value)
    assert "left" in str(caught.value)
    assert "right" in str(caught.value)
    assert len(str(caught.value)) < 300
    with pytest.raises(UserError, match=r"2 gold sentences but 1 predictions; .* sentence 2"):
        score(gold, other[:1], "atsa")


def test_time_grows_with_the_sentences() -> None:
    def seconds(count: int) -> float:
        gold = [Example(str(i), TEXT, (place(0), place(10))) for i in range(count)]
        said = [Prediction(str(i), TEXT, raw="food | positive ; bar | negative") for i in range(count)]
        start = time.process_time()
        score(gold, said, "atsa", "paper")
        return time.process_time() - start

    few = min(seconds(2_000) for _ in range(3))
    many = min(seconds(20_000) for _ in range(3))
    assert many < 40 * few, f"2,000 sentences took {few:.3f} s, 20,000 took {many:.3f} s"


def test_one_long_answer_takes_linear_time() -> None:
    raw = " ; ".join(f"fo{i % 7} | positive" for i in range(100_000))
    start = time.process_time()
    found = score([Example("1", TEXT)], [Prediction("1", TEXT, raw=raw)], "atsa")
    assert found.predicted == 100_000
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    ("task", "name"), [("atsa", "rest14"), ("atsa", "laptop14"), ("acsa", "rest16"), ("acsa", "laptop16")]
)
@pytest.mark.parametrize("scoring", ["strict", "paper"])
def test_the_gold_scores_one_on_every_set(shared: Path, task: str, name: str, scoring: str) -> None:
    gold = datasets.split(shared / "data" / "benchmark" / task / name, "test")
    for predictions in (
        [Prediction(e.id, e.text, raw=get(task).encode(e.opinions)) for e in gold],
        [Prediction(e.id, e.text, e.opinions) for e in gold],
    ):
        found = score(gold, predictions, task, scoring)
        assert found.f1 == 1
        assert found.gold == found.found


def test_predictions_survive_the_file(tmp_path: Path) -> None:
    said = [
        Prediction("1", TEXT, (place(0),), raw="food | positive", extra={"seconds": 0.1}),
        Prediction("2", "קצר 🙂", (), raw=None),
    ]
    write_predictions(tmp_path / "p.jsonl", said)
    back = read_predictions(tmp_path / "p.jsonl")
    assert [(p.id, p.text, p.raw, p.extra) for p in back] == [(p.id, p.text, p.raw, p.extra) for p in said]
    assert back[0].opinions[0] == Opinion("food", "FOOD#QUALITY", "positive", 0, 4)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('{"raw": ""}', "prediction 1 has no 'text'"),
        ('{"text": "x"}', "prediction 1 has neither 'raw' nor 'opinions'"),
        ('{"text": "x", "raw": 5}', "'raw' is the linear form"),
        ('{"text": "x", "opinions": ["food"]}', "'opinions' is a list of objects"),
        ('{"text": "x", "raw', "line 1: the line is incomplete"),
    ],
)
def test_predictions_that_are_none(tmp_path: Path, line: str, what: str) -> None:
    (tmp_path / "p.jsonl").write_text(line)
    with pytest.raises(UserError, match=what):
        read_predictions(tmp_path / "p.jsonl")


@pytest.mark.parametrize(("scoring", "precision", "f1"), [("strict", 1 / 3, 0.4), ("paper", 1.0, 2 / 3)])
def test_the_worked_example_of_the_docs(scoring: str, precision: float, f1: float) -> None:
    text = "The soup was cold, the waiter kind."
    gold = [Example("1", text, (Opinion("soup", None, "negative", 4, 8), Opinion("waiter", None, "positive", 23, 29)))]
    raw = "soup | negative ; soup | negative ; staff | positive ; waiter positive"
    found = score(gold, [Prediction("1", text, raw=raw)], "atsa", scoring)
    assert (found.precision, found.recall, found.f1) == pytest.approx((precision, 0.5, f1))


def test_a_digest_stands_for_a_text_that_may_not_be_passed_on(tmp_path: Path) -> None:
    gold = [Example("1", "The soup was cold.", (Opinion("soup", None, "negative"),))]
    digest = hashlib.sha256(b"The soup was cold.").hexdigest()
    file = tmp_path / "out.jsonl"
    file.write_text(json.dumps({"text_sha256": digest, "raw": "soup | negative"}))
    assert score(gold, read_predictions(file), "atsa").f1 == 1.0
    file.write_text(json.dumps({"text_sha256": digest[::-1], "raw": "soup | negative"}))
    with pytest.raises(UserError, match=f"sentence 1 differs from .*{digest[:12]}.*{digest[:-13:-1]}"):
        score(gold, read_predictions(file), "atsa")
