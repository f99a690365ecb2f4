"""The benchmark's files with all their oddities, and where sets are looked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aspectra import tasks
from aspectra.data.datasets import Stats, draw, find, known, load, read, save, split
from aspectra.errors import UserError
from aspectra.schema import Example
from aspectra.score.subsets import belongs, select

# DESIGN section 4: train / dev / all / implicit / multi in paper scoring, then implicit / multi in strict scoring.
SIZES = {
    ("atsa", "rest14"): (2432, 609, 1140, 477, 189, 357, 163),
    ("atsa", "laptop14"): (2436, 609, 1037, 345, 99, 294, 80),
    ("acsa", "rest16"): (1600, 400, 1016, 484, 146, 484, 146),
    ("acsa", "laptop16"): (2000, 500, 1045, 462, 94, 462, 94),
}


def put(path: Path, *aspects: Any, text: str = "food and good food", mark: str = "\ufeff") -> Path:
    path.write_text(mark + json.dumps([{"ID": 7, "sentence": text, "aspects": list(aspects)}]), encoding="utf-8")
    return path


def aspect(target: str | None, start: Any, end: Any, **more: Any) -> dict[str, Any]:
    return {"from": start, "to": end, "target": target, "category": None, "polarity": "positive", **more}


@pytest.mark.parametrize(("task", "name"), SIZES)
def test_the_sizes_of_the_paper_come_out(shared: Path, task: str, name: str) -> None:
    folder = shared / "data" / "benchmark" / task / name
    test = split(folder, "test")
    found = (
        len(split(folder, "train")),
        len(split(folder, "dev")),
        len(test),
        *(sum(select(test, task, subset, way)) for way in ("paper", "strict") for subset in ("implicit", "multi")),
    )
    assert found == SIZES[task, name]


@pytest.mark.parametrize(("task", "name"), SIZES)
def test_every_sentence_of_the_four_sets_goes_to_text_and_back(shared: Path, task: str, name: str) -> None:
    rules = tasks.get(task)
    opinions = right = 0
    for file in sorted((shared / "data" / "benchmark" / task / name).glob("*.json")):
        examples, stats = read(file)
        assert stats.unplaced == 0
        for example in examples:
            gold = rules.ordered(example.opinions)
            back = rules.decode(rules.encode(example.opinions), example.text)
            subjects = [(rules.subject(o), o.polarity) for o in gold]
            assert [(rules.subject(o), o.polarity) for o in back] == subjects, f"{file}: {example.text}"
            assert rules.parse(rules.encode(example.opinions), example.text, "paper").pairs == tuple(subjects)
            opinions += len(gold)
            right += sum((a.start, a.end) == (b.start, b.end) for a, b in zip(gold, back, strict=True))
            for o in example.opinions:
                assert o.target is None or example.text[o.start : o.end] == o.target
    if task == "atsa":
        assert right / opinions > 0.97, "terms are anchored where the annotators saw them"


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
        (b"[]", "is empty; a benchmark file is a list"),
        (b'{"a": 1}', "holds an object; a benchmark file is a list"),
        (b'["x"]', "sentence 1: it is no object with a 'sentence' but a text"),
        (b'[{"sentence": "x"}]', "sentence 1: it has no 'aspects'"),
        (b'[{"sentence": "x", "aspects": [1]}]', "sentence 1: its 'aspects' are no list of objects"),
        (b'[{"sentence": "x", "aspects": [{"polarity": "good"}]}]', "sentence 1: polarity 'good' is none of positive"),
        (b'[{"sentence": "caf\xe9"}]', "is not UTF-8 (line 1, byte 19"),
        (rb'[{"sentence": "x \ud83d", "aspects": []}]', "sentence 1: half a character"),
        (rb'[{"sentence": "x", "ID": "\ud83d", "aspects": []}]', "sentence 1: half a character"),
    ],
)
def test_a_file_that_is_no_benchmark_file(tmp_path: Path, content: bytes, what: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert what in str(caught.value)


def test_sets_are_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "atsa" / "mine"
    folder.mkdir(parents=True)
    examples = load(put(tmp_path / "a.json", aspect("food", 0, 4)))
    save(folder / "test.json", examples)
    save(folder / "hard_test.json", examples * 2)
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    assert find("atsa", "mine") == folder == find("atsa", folder) == find("atsa", "atsa/mine")
    assert "mine" in known("atsa")
    assert "mine" not in known("acsa")
    assert len(split(folder, "test")) == 3
    with pytest.raises(UserError, match=r"has no train\.json"):
        split(folder, "train")
    save(tmp_path / "silver" / "train.json", examples)
    with pytest.raises(UserError, match=r"has no test\.json; .*aspectra data import"):
        split(tmp_path / "silver", "test")
    with pytest.raises(UserError, match="unknown split 'tset'; did you mean 'test'"):
        split(folder, "tset")
    with pytest.raises(UserError, match=r"there is no folder .*/silver; name one with train.json"):
        find("atsa", tmp_path / "gone" / "silver")
    with pytest.raises(UserError, match=r"unknown atsa dataset 'mina'; did you mean 'mine'.*data fetch.*ASPECTRA_DATA"):
        find("atsa", "mina")
    with pytest.raises(UserError, match="unknown atsa dataset 'mina'; did you mean 'mine'"):
        find("atsa", "atsa/mina")
    with pytest.raises(UserError, match=r"has none of train\.json"):
        find("atsa", tmp_path)


def test_draw_is_by_seed_and_keeps_the_order() -> None:
    examples = [Example(str(i), "text") for i in range(50)]
    drawn = draw(examples, 10, seed=1)
    assert len(drawn) == 10
    assert drawn == draw(examples, 10, seed=1)
    assert drawn != draw(examples, 10, seed=2)
    assert drawn == sorted(drawn, key=examples.index)
    assert draw(examples, None) == draw(examples, 99) == examples
