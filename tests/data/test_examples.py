"""The benchmark's files with all their oddities."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aspectra import tasks
from aspectra.data.examples import Stats, load, read, save
from aspectra.errors import UserError
from aspectra.score.subsets import belongs


def put(path: Path, *aspects: Any, text: str = "food and good food", mark: str = "\ufeff") -> Path:
    path.write_text(mark + json.dumps([{"ID": 7, "sentence": text, "aspects": list(aspects)}]), encoding="utf-8")
    return path


def aspect(target: str | None, start: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {"from": start, "to": end, "target": target, "category": None, "polarity": "positive", **more}


def test_laptop14_is_mended(shared: Path) -> None:
    folder = shared / "data" / "benchmark" / "atsa" / "laptop14"
    examples, stats = read(folder / "train.json")
    assert stats == Stats(mended=88, unplaced=0)
    assert all(o.target == o.target.strip() for e in examples for o in e.opinions if o.target)


def test_offsets_of_every_kind(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.json",
        aspect("food", "14", 18),
        aspect("food", 2, "6"),
        aspect("good\u00a0", 9, 13),
        aspect("NULL", "0", "0"),
        aspect(None, None, None),
        aspect("ham", 0, 3),
        aspect("and", None, None),
    )
    examples, stats = read(path)
    assert [(o.target, o.start, o.end) for o in examples[0].opinions] == [
        ("food", 14, 18),
        ("food", 0, 4),
        ("good", 9, 13),
        (None, None, None),
        (None, None, None),
        ("ham", None, None),
        ("and", 5, 8),
    ]
    assert examples[0].id == "7"
    assert stats == Stats(mended=2, unplaced=1)


def test_places_annotated_as_different_stay_different(tmp_path: Path) -> None:
    same = [aspect("food", 3, 7), aspect("food", "3", "7"), aspect("food", 12, 16), aspect("food", 40, 44)]
    opinions = load(put(tmp_path / "a.json", *same))[0].opinions
    assert [(o.start, o.end) for o in opinions] == [(0, 4), (0, 4), (14, 18), (None, None)]
    assert tasks.get("atsa").gold(load(tmp_path / "a.json")[0], "paper").total() == 3


@pytest.mark.parametrize(
    ("term", "offsets", "gold"),
    [
        ("food", [(0, 4), (1, 5), (2, 6), (3, 7)], 4),
        ("ham", [(0, 4), (1, 5)], 2),
        ("ham", [(0, 4), (0, 4), ("0", "4")], 1),
        ("ham", [(None, None), (None, None)], 1),
        ("ham", [(0, 4), (None, None)], 2),
        ("food", [(0, 4), (0, 4)], 1),
    ],
)
def test_every_annotated_place_counts_in_paper_scoring_and_none_twice(
    term: str, offsets: list[tuple[Any, Any]], gold: int, tmp_path: Path
) -> None:
    """Also where the sentence has the term less often than annotated: twice here, and ham never."""
    examples = load(put(tmp_path / "a.json", *(aspect(term, *each) for each in offsets)))
    assert tasks.get("atsa").gold(examples[0], "paper").total() == gold
    assert tasks.get("atsa").gold(examples[0], "strict").total() == 1
    save(tmp_path / "b.json", examples)
    assert load(tmp_path / "b.json") == examples


@pytest.mark.parametrize(
    ("words", "explicit"),
    [
        (None, False),
        ([], False),
        ("", False),
        ("tasty", True),
        ([{"from": 0, "to": 5, "opinion": "tasty"}], True),
        ([{}], True),
    ],
)
def test_opinion_words_of_every_kind(tmp_path: Path, words: Any, explicit: bool) -> None:
    example = load(put(tmp_path / "a.json", aspect("food", 0, 4, opinion_words=words)))[0]
    assert bool(example.opinions[0].words) is explicit
    assert belongs(example, "atsa", "implicit", "paper") is not explicit


def test_subsets_look_at_other_aspects_in_each_scoring(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.json",
        aspect("food", 0, 4, opinion_words="good"),
        aspect("NULL", "0", "0", polarity="negative"),
    )
    example = load(path)[0]
    for subset in ("implicit", "multi"):
        assert belongs(example, "atsa", subset, "paper")
        assert not belongs(example, "atsa", subset, "strict")
        assert belongs(example, "acsa", subset, "strict")


def test_saved_sentences_read_the_same(tmp_path: Path) -> None:
    examples = load(put(tmp_path / "a.json", aspect("food", 3, 7, opinion_words="good"), aspect(None, None, None)))
    save(tmp_path / "b.json", examples)
    assert read(tmp_path / "b.json") == (examples, Stats())


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"[", "is not JSON"),
        (b'{"text": "Nice."}\n{"text": "Bad."}\n', "is JSONL; a file of sentences is one JSON list"),
        (b"[]", "is empty; a benchmark file is a list"),
        (b'{"a": 1}', "holds an object; a benchmark file is a list"),
        (b'["x"]', "sentence 1: it is not an object with a 'sentence' but a text"),
        (b'[{"sentence": "x"}]', "sentence 1: it has no 'aspects'"),
        (b'[{"sentence": "x", "aspects": [1]}]', "sentence 1: its 'aspects' are not a list of objects"),
        (
            b'[{"sentence": "x", "aspects": [{"polarity": "good"}]}]',
            "sentence 1: polarity 'good' is not one of positive",
        ),
        (b'[{"sentence": "caf\xe9"}]', "is not UTF-8 (line 1, byte 19"),
        (rb'[{"sentence": "x \ud83d", "aspects": []}]', "sentence 1: it has half a character"),
        (rb'[{"sentence": "x", "ID": "\ud83d", "aspects": []}]', "sentence 1: it has half a character"),
    ],
)
def test_a_file_that_is_no_benchmark_file(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert what in str(caught.value)
