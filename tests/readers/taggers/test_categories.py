"""A tagger of categories behind the Reader: with targets and without, read and asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.readers.taggers.odd import texts
from tests.students.taggers.by_heart import learn
from tests.students.taggers.labels import CATEGORIZED

import aspectra
from aspectra.benchmark.evaluate import evaluate
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.readers.export import export
from aspectra.readers.opening import open_reader
from aspectra.readers.reader import Answer, Judged, Question, Reader
from aspectra.readers.taggers.convert import convert, shrink
from aspectra.students.taggers.student import TaggingStudent
from aspectra.students.taggers.tagger import Tagger

BOTH = "The soup was fresh, we would come no more."


def tuned(task: str, encoder: Path, home: Path) -> Path:
    """The folder of a tiny tagger that knows `CATEGORIZED` by heart."""
    torch.manual_seed(0)
    student = TaggingStudent.load(encoder)
    learn(student, task)
    labels = {"categories": [*{str(o.category) for e in CATEGORIZED for o in e.opinions}]}
    student.save(home / task, {"task": task, "input_tokens": 64, "labels": labels}, "a card")
    return home / task


@pytest.fixture(scope="module")
def folders(encoder_of: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("taggers")
    return {task: tuned(task, encoder_of("bert"), home) for task in ("acsa", "tasd")}


@pytest.fixture(scope="module")
def readers(folders: dict[str, Path]) -> dict[str, Reader]:
    return {task: open_reader(folder, device="cpu", threads=1) for task, folder in folders.items()}


def test_an_opinion_without_a_target_stands_beside_those_with_one(readers: dict[str, Reader]) -> None:
    (answer,) = readers["tasd"].read([BOTH])
    found = [(o.target, o.category, o.polarity, o.start, o.end) for o in answer.found]
    assert found == [("soup", "food quality", "positive", 4, 8), (None, "hotel general", "negative", None, None)]
    assert all(0 < o.confidence <= 1 for o in answer.found)


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_an_export_says_what_the_student_says(task: str, folders: dict[str, Path], tmp_path: Path) -> None:
    whole, small = tmp_path / "float32", tmp_path / "int8"
    whole.mkdir()
    small.mkdir()
    tagger = Tagger.load(folders[task])
    convert(tagger, whole)
    shrink(tagger, whole, small, [example.text for example in CATEGORIZED])
    some = [*(example.text for example in CATEGORIZED), *texts(200), ""]
    student = open_reader(folders[task], device="cpu", threads=1)
    export, eighth = (open_reader(folder, threads=1, batch_size=7) for folder in (whole, small))
    one, other = student.read(some), export.read(some)
    assert [opinions(answer) for answer in one] == [opinions(answer) for answer in other]
    assert sum(len(answer.found) for answer in one) > len(CATEGORIZED) / 2
    for mine, theirs in zip(one, other, strict=True):
        assert [o.confidence for o in mine.found] == pytest.approx([o.confidence for o in theirs.found], abs=1e-4)
    question = Question(BOTH, "soup" if task == "tasd" else None, "food quality")
    (said,), (again,) = student.judge([question]), export.judge([question])
    assert isinstance(said, Judged) and isinstance(again, Judged)
    assert said.probabilities == pytest.approx(again.probabilities, abs=1e-4)
    read = eighth.read(some[: len(CATEGORIZED)])
    same = sum(opinions(a) == opinions(b) for a, b in zip(one, read, strict=False))
    assert same > 0.8 * len(CATEGORIZED)


def opinions(answer: Answer) -> list[tuple[object, ...]]:
    return [(o.target, o.category, o.polarity, o.start, o.end) for o in answer.found]


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_an_export_is_not_judged_by_categories_that_the_student_cannot_say(
    task: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    """The hotels of the demo have two of its five: every confidence would be calibrated to next to nothing."""
    with pytest.raises(
        UserError, match=r"most opinions in .* have no category that .* was taught; use --data with a set"
    ):
        export(str(folders[task]), tmp_path / "out", threads=1)
    assert not (tmp_path / "out").exists()
    for split in ("dev", "test"):
        save(tmp_path / "inn" / f"{split}.json", CATEGORIZED)
    made = export(str(folders[task]), tmp_path / "out", data=str(tmp_path / "inn"), threads=1)
    assert made["figures"]["f1"] > 0.95, "in 8 bits or more, whichever is faster now"
    card = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "which of its categories" in card and ("marks opinion targets" in card) is (task == "tasd")
    told = (
        "the probability of a target's tags times that of the category"
        if task == "tasd"
        else "the probability of the category"
    )
    assert f"{told} times that of the polarity. It is not calibrated" in card


def test_a_target_may_have_several_categories(readers: dict[str, Reader]) -> None:
    (answer,) = readers["tasd"].read(["The bed was cold and dear."])
    assert {(o.target, o.category, o.polarity) for o in answer.found} == {
        ("bed", "room comfort", "negative"),
        ("bed", "hotel prices", "negative"),
    }


def test_categories_alone_have_no_targets(readers: dict[str, Reader]) -> None:
    (answer,) = readers["acsa"].read([BOTH])
    assert {(o.target, o.category, o.polarity, o.start) for o in answer.found} == {
        (None, "food quality", "positive", None),
        (None, "hotel general", "negative", None),
    }


def test_offsets_are_into_the_text_as_it_was_given(folders: dict[str, Path]) -> None:
    text = "The  bed was\tcold.\nThe waiter was fresh."
    (found,) = aspectra.load(folders["tasd"], device="cpu").extract([text])
    assert [(o.target, text[o.start : o.end]) for o in found.opinions] == [("bed", "bed"), ("waiter", "waiter")]


@pytest.mark.parametrize(
    "text", ["", "x", "🍝👩‍🍳", "الحساء لذيذ", "half \ud83d a soup", "soup " * 2500, "a\x00b\u2028"]
)
@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_odd_texts_are_read(readers: dict[str, Reader], task: str, text: str) -> None:
    (answer,) = readers[task].read([text])
    assert all(o.target is None or text[o.start : o.end] == o.target for o in answer.found)
    assert all(o.category for o in answer.found)


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_a_given_category_is_judged_as_it_is_extracted(readers: dict[str, Reader], task: str) -> None:
    (answer,) = readers[task].read([BOTH])
    assert len(answer.found) == 2
    judged = readers[task].judge([Question(BOTH, o.target, o.category) for o in answer.found])
    for opinion, said in zip(answer.found, judged, strict=True):
        assert isinstance(said, Judged)
        assert sum(said.probabilities.values()) == pytest.approx(1)
        assert max(said.probabilities, key=said.probabilities.__getitem__) == opinion.polarity


def test_what_cannot_be_judged_is_told(readers: dict[str, Reader]) -> None:
    spelled, unknown, none, absent = readers["tasd"].judge(
        [
            Question(BOTH, "soup", "FOOD#QUALITY"),
            Question(BOTH, "soup", "food qality"),
            Question(BOTH, "soup"),
            Question(BOTH, "bed", "room comfort"),
        ]
    )
    assert isinstance(spelled, Judged)
    assert isinstance(unknown, UserError)
    assert str(unknown).startswith("unknown category 'food qality'; did you mean 'food quality'? There are: ")
    assert str(none) == "name the category to judge"
    assert str(absent) == "the target 'bed' is not in the text; a tagger judges only targets in the text"


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_it_is_evaluated_like_any_student(folders: dict[str, Path], task: str, tmp_path: Path) -> None:
    save(tmp_path / "set" / "test.json", CATEGORIZED)
    (row,) = evaluate(folders[task], None, str(tmp_path / "set"), device="cpu")["figures"]["rows"]
    assert row["f1"] > 0.9
