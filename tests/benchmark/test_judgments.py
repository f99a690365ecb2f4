"""What zero-shot is asked: which opinions become items, and what is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.benchmark.judgments import Judgment, intervals, measure, of_set, of_texts
from aspectra.data.datasets import DATA_VARIABLE
from aspectra.errors import UserError
from aspectra.readers.reader import LABELS


def aspect(target: str | None, start: int, polarity: str, words: bool = False) -> dict[str, Any]:
    end = start + len(target or "")
    opinion = {"from": start, "to": end, "target": target, "category": "FOOD#QUALITY", "polarity": polarity}
    return opinion | {"opinion_words": [{"opinion": "x"}] if words else None}


TEST: list[dict[str, Any]] = [
    {
        "ID": 1,
        "sentence": "soup and soup, and bread",
        "aspects": [
            aspect("soup", 0, "positive", True),
            aspect("soup", 9, "negative", True),
            aspect(None, 0, "neutral"),
        ],
    },
    {"ID": 2, "sentence": "bread", "aspects": [aspect("bread", 0, "conflict"), aspect("bread", 0, "conflict")]},
    {"ID": 3, "sentence": "wine", "aspects": [aspect("wine", 0, "neutral"), aspect("wine", 0, "neutral")]},
    {"ID": 4, "sentence": "nothing", "aspects": []},
]
TRAIN = [{"ID": 9, "sentence": "beer", "aspects": [aspect("beer", 0, "negative")]}]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sets below $ASPECTRA_DATA: `pub` for two tasks, `bar` for atsa without a training side."""
    for place in ("atsa/pub", "acsa/pub", "atsa/bar"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "test.json").write_text(json.dumps(TEST), encoding="utf-8")
        if not place.endswith("bar"):
            (folder / "train.json").write_text(json.dumps(TRAIN), encoding="utf-8")
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    return tmp_path


def test_each_place_is_an_item_and_conflicts_are_left_out(home: Path) -> None:
    asked = of_set("atsa", "pub", None, 42)
    items = [(each.id, each.target, each.gold, each.subsets) for each in asked.judgments]
    assert items == [
        ("1", "soup", "positive", ("all", "multi")),
        ("1", "soup", "negative", ("all", "multi")),
        ("3", "wine", "neutral", ("all", "implicit")),
    ]
    assert (asked.sentences, asked.conflict, asked.contradictory) == (4, 1, 2)
    assert (asked.majority, asked.majority_of) == ("negative", "train")


def test_each_category_is_an_item_whether_its_target_is_named_or_not(home: Path) -> None:
    asked = of_set("acsa", "pub", None, 42)
    assert [(each.target, each.category, each.gold) for each in asked.judgments] == [
        (None, "FOOD#QUALITY", "positive"),
        (None, "FOOD#QUALITY", "negative"),
        (None, "FOOD#QUALITY", "neutral"),
        (None, "FOOD#QUALITY", "neutral"),
    ]
    assert asked.contradictory == 3


def test_each_target_with_its_category_is_an_item_and_one_that_is_not_named_is_its_category(home: Path) -> None:
    asked = of_set("tasd", "pub", None, 42)
    assert [(each.id, each.target, each.category, each.gold) for each in asked.judgments] == [
        ("1", "soup", "FOOD#QUALITY", "positive"),
        ("1", "soup", "FOOD#QUALITY", "negative"),
        ("1", None, "FOOD#QUALITY", "neutral"),
        ("3", "wine", "FOOD#QUALITY", "neutral"),
    ]
    assert (asked.conflict, asked.contradictory, asked.majority) == (1, 2, "negative")


def test_without_a_training_side_the_majority_is_that_of_the_test_side(home: Path) -> None:
    asked = of_set("atsa", "bar", None, 42)
    assert (asked.majority, asked.majority_of) == ("positive", "test"), "of three alike the first"
    with pytest.raises(UserError, match="no opinion of the test sentences"):
        of_set("atsa", "bar", 1, 0)


def test_a_cap_draws_the_same_sentences_by_seed(home: Path) -> None:
    drawn = {seed: [each.id for each in of_set("atsa", "pub", 3, seed).judgments] for seed in range(6)}
    assert drawn == {seed: [each.id for each in of_set("atsa", "pub", 3, seed).judgments] for seed in range(6)}
    assert len({tuple(ids) for ids in drawn.values()}) > 1


def put(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_whole_texts_come_with_their_labels(tmp_path: Path) -> None:
    file = put(
        tmp_path / "x.jsonl", {"id": 7, "Text": "good", "label": "Positive "}, {"Text": "bad", "label": "negative"}
    )
    asked = of_texts(file, None, None, None, 42)
    assert [(each.id, each.text, each.category, each.gold) for each in asked.judgments] == [
        ("7", "good", None, "positive"),
        ("row-2", "bad", None, "negative"),
    ]
    assert len(of_texts(file, None, None, 1, 42).judgments) == 1
    named = put(tmp_path / "y.jsonl", {"words": "so so", "verdict": "neutral"})
    assert of_texts(named, "words", "verdict", None, 42).majority == "neutral"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            [{"text": "a", "label": "pos"}, {"text": "b", "label": "pos"}, {"text": "c", "label": 3}],
            r"'pos' \(2, first in line 1\), 3 \(1, first in line 3\)",
        ),
        ([{"text": "a"}], "no label column; name it with --label-column. It has: text"),
        ([{"words": "a", "label": "neutral"}], "no text column"),
        ([{"text": "a", "label": "neutral"}, {"text": " ", "label": "neutral"}], "line 2: no text"),
        ([{"text": "a", "label": "neutral"}, {"text": "b"}], r"has None \(1, first in line 2\)"),
        ([], "has no texts"),
    ],
)
def test_a_bad_file_of_texts_is_one_line(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        of_texts(put(tmp_path / "x.jsonl", *rows), None, None, None, 42)


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a", "label": "neutral"}\n{"text": "b', encoding="utf-8")
    with pytest.raises(UserError, match="line 2: the line is incomplete"):
        of_texts(tmp_path / "x.jsonl", None, None, None, 42)


def test_measures_by_hand_without_the_class_that_the_gold_lacks() -> None:
    """positive: 2 of 3 found, 2 of 3 right, F1 2/3; negative: 1 of 2 found, 1 of 1 right, F1 2/3; no neutral."""
    gold = ["positive", "positive", "positive", "negative", "negative"]
    said = ["positive", "positive", "neutral", "positive", "negative"]
    found = measure(gold, said)
    assert (found["accuracy"], found["macro_f1"], found["items"], found["unanswered"]) == (0.6, 2 / 3, 5, 0)
    assert found["classes"]["positive"] == {
        "gold": 3, "predicted": 3, "correct": 2, "precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3,
    }  # fmt: skip
    assert found["classes"]["neutral"]["predicted"] == 1
    assert measure([], [])["macro_f1"] is None


def told(*golds: str, text: str = "") -> list[Judgment]:
    return [Judgment("1", text or f"sentence {n}", "it", None, gold) for n, gold in enumerate(golds)]


def test_intervals_hold_the_figures_and_narrow_with_more_sentences() -> None:
    gold, said = ["positive", "positive", "negative", "neutral"], ["positive", "negative", "negative", None]
    widths = []
    for times in (10, 160):
        found, figures = intervals(told(*gold * times), said * times, 42), measure(gold * times, said * times)
        for name in ("accuracy", "macro_f1"):
            assert found[name]["low"] < figures[name] < found[name]["high"]
        widths.append(found["accuracy"]["high"] - found["accuracy"]["low"])
    # Four times the standard error of a share of a half: 4 * sqrt(0.25 / n).
    assert widths == pytest.approx([4 * (0.25 / 40) ** 0.5, 4 * (0.25 / 640) ** 0.5], rel=0.15)
    assert intervals(told(*gold), said, 1) == intervals(told(*gold), said, 1)
    assert intervals([], [], 42) == {"accuracy": None, "macro_f1": None}


def test_a_sentence_is_drawn_with_all_its_judgments() -> None:
    """Ten sentences of ten judgments, each all right or all wrong, are as uncertain as ten judgments."""
    said: list[str | None] = ["positive", "negative"] * 5
    apart = intervals(told(*["positive"] * 10), said, 42)
    together = [each for n in range(10) for each in told(*["positive"] * 10, text=f"sentence {n}")]
    assert intervals(together, [word for word in said for _ in range(10)], 42)["accuracy"] == apart["accuracy"]
    one = intervals(told(*["positive"] * 10, text="one"), said, 42)["accuracy"]
    assert (one["low"], one["high"]) == (0.5, 0.5), "there is nothing else to draw"


@given(st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, None])), min_size=1))
def test_measures_hold_for_any_answers(pairs: list[tuple[str, str | None]]) -> None:
    gold, said = [g for g, _ in pairs], [s for _, s in pairs]
    found = measure(gold, said)
    right = sum(g == s for g, s in pairs)
    assert found["accuracy"] == right / len(pairs)
    assert sum(each["correct"] for each in found["classes"].values()) == right
    assert sum(each["predicted"] for each in found["classes"].values()) + found["unanswered"] == len(pairs)
    assert 0 <= found["macro_f1"] <= 1
    assert (found["macro_f1"] == 1) == (right == len(pairs))
    assert measure(gold, gold)["macro_f1"] == 1
