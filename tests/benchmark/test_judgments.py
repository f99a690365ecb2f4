"""What zero-shot is asked: which opinions become items, which task a set belongs to, and what is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.benchmark.datasets import DATA_VARIABLE
from aspectra.benchmark.judgments import measure, of_set, of_texts, task_of
from aspectra.benchmark.verbalizers import LABELS
from aspectra.errors import UserError


def aspect(target: str | None, start: int, polarity: str, words: bool = False) -> dict[str, Any]:
    end = start + len(target or "")
    opinion = {"from": start, "to": end, "target": target, "category": "FOOD#QUALITY", "polarity": polarity}
    return opinion | {"opinion_words": [{"opinion": "x"}] if words else None}


TEST = [
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
    """Sets below $ASPECTRA_DATA: `pub` for both tasks, `bar` for atsa alone and without a training side."""
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
    items = [(each.id, each.subject, each.gold, each.subsets) for each in asked.judgments]
    assert items == [
        ("1", "soup", "positive", ("all", "multi")),
        ("1", "soup", "negative", ("all", "multi")),
        ("3", "wine", "neutral", ("all", "implicit")),
    ]
    assert (asked.sentences, asked.conflict, asked.contradictory) == (4, 1, 2)
    assert (asked.majority, asked.majority_of) == ("negative", "train")


def test_each_category_is_an_item_whether_its_target_is_named_or_not(home: Path) -> None:
    asked = of_set("acsa", "pub", None, 42)
    assert [(each.subject, each.gold) for each in asked.judgments] == [
        ("FOOD#QUALITY", "positive"),
        ("FOOD#QUALITY", "negative"),
        ("FOOD#QUALITY", "neutral"),
        ("FOOD#QUALITY", "neutral"),
    ]
    assert asked.contradictory == 3


def test_without_a_training_side_the_majority_is_that_of_the_test_side(home: Path) -> None:
    asked = of_set("atsa", "bar", None, 42)
    assert (asked.majority, asked.majority_of) == ("positive", "test"), "of three alike the first"
    with pytest.raises(UserError, match="no opinion of the test side"):
        of_set("atsa", "bar", 1, 0)


def test_a_cap_draws_the_same_sentences_by_seed(home: Path) -> None:
    drawn = {seed: [each.id for each in of_set("atsa", "pub", 3, seed).judgments] for seed in range(6)}
    assert drawn == {seed: [each.id for each in of_set("atsa", "pub", 3, seed).judgments] for seed in range(6)}
    assert len({tuple(ids) for ids in drawn.values()}) > 1


@pytest.mark.parametrize(
    ("data", "task", "found"),
    [
        ("bar", None, ("atsa", "bar")),
        ("acsa/pub", None, ("acsa", "pub")),
        ("acsa/pub", "acsa", ("acsa", "pub")),
        ("pub", "acsa", ("acsa", "pub")),
        ("{home}/acsa/pub", None, ("acsa", "{home}/acsa/pub")),
        ("{home}/acsa/pub", "atsa", ("atsa", "{home}/acsa/pub")),
    ],
)
def test_the_task_is_found_from_the_set(home: Path, data: str, task: str | None, found: tuple[str, str]) -> None:
    assert task_of(data.format(home=home), task) == (found[0], found[1].format(home=home))


@pytest.mark.parametrize(
    ("data", "task", "message"),
    [
        ("pub", None, "write --data atsa/pub"),
        ("{home}", None, "--task atsa or --task acsa"),
        ("atsa/pub", "acsa", "say different things"),
        ("barr", None, "did you mean 'atsa/bar'"),
        ("bar", "atsc", "did you mean 'atsa'"),
    ],
)
def test_a_set_whose_task_is_not_clear_says_how_to_name_it(
    home: Path, data: str, task: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        task_of(data.format(home=home), task)


def put(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_whole_texts_come_with_their_labels(tmp_path: Path) -> None:
    file = put(
        tmp_path / "x.jsonl", {"id": 7, "Text": "good", "label": "Positive "}, {"Text": "bad", "label": "negative"}
    )
    asked = of_texts(file, None, None, None, 42)
    assert [(each.id, each.text, each.subject, each.gold) for each in asked.judgments] == [
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
            r"'pos' \(2\), 3 \(1\)",
        ),
        ([{"text": "a"}], "no label column; it has: text; name the one with --label-column"),
        ([{"body_": "a", "label": "neutral"}], "no text column"),
        ([{"text": "a", "label": "neutral"}, {"text": " ", "label": "neutral"}], "line 2: no text"),
        ([{"text": "a", "label": "neutral"}, {"text": "b"}], r"has None \(1\)"),
        ([], "holds no texts"),
    ],
)
def test_a_bad_file_of_texts_is_one_line(tmp_path: Path, rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        of_texts(put(tmp_path / "x.jsonl", *rows), None, None, None, 42)


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"text": "a", "label": "neutral"}\n{"text": "b', encoding="utf-8")
    with pytest.raises(UserError, match="line 2: the line is torn"):
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
