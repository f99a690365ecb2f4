"""Where sets are looked for, what the paper's hold, and how sentences are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra import tasks
from aspectra.data.datasets import draw, find, known, split, task_of
from aspectra.data.examples import read, save
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion
from aspectra.score.subsets import select

# DESIGN section 4: train / dev / all / implicit / multi in paper scoring, then implicit / multi in strict scoring.
SIZES = {
    ("atsa", "rest14"): (2432, 609, 1140, 477, 189, 357, 163),
    ("atsa", "laptop14"): (2436, 609, 1037, 345, 99, 294, 80),
    ("acsa", "rest16"): (1600, 400, 1016, 484, 146, 484, 146),
    ("acsa", "laptop16"): (2000, 500, 1045, 462, 94, 462, 94),
}


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


def test_sets_are_found_by_path_and_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "atsa" / "mine"
    folder.mkdir(parents=True)
    examples = [Example("7", "food and good food", (Opinion("food", None, "positive", 0, 4),))]
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
    with pytest.raises(UserError, match=r"no folder .*/silver; name one with train.json"):
        find("atsa", tmp_path / "gone" / "silver")
    with pytest.raises(UserError, match=r"unknown atsa dataset 'mina'; did you mean 'mine'.*data fetch.*ASPECTRA_DATA"):
        find("atsa", "mina")
    with pytest.raises(UserError, match="unknown atsa dataset 'mina'; did you mean 'mine'"):
        find("atsa", "atsa/mina")
    with pytest.raises(UserError, match=r"has none of train\.json"):
        find("atsa", tmp_path)
    with pytest.raises(UserError, match="mine is a set of atsa, not of acsa"):
        find("acsa", "mine")


def test_a_name_that_two_tasks_have_must_say_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for task in ("atsa", "acsa"):
        save(tmp_path / task / "mine" / "test.json", [Example("7", "food")])
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path))
    with pytest.raises(UserError, match="the set mine exists for atsa and acsa: write --data atsa/mine"):
        task_of("mine", None)
    assert task_of("acsa/mine", None) == ("acsa", "mine")


def test_draw_is_by_seed_and_keeps_the_order() -> None:
    examples = [Example(str(i), "text") for i in range(50)]
    drawn = draw(examples, 10, seed=1)
    assert len(drawn) == 10
    assert drawn == draw(examples, 10, seed=1)
    assert drawn != draw(examples, 10, seed=2)
    assert drawn == sorted(drawn, key=examples.index)
    assert draw(examples, None) == draw(examples, 99) == examples
