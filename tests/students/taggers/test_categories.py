"""A tagger that tells categories apart: of the sentence (ACSA), of targets and of none (TASD)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.students.taggers.by_heart import FAST, learn
from tests.students.taggers.labels import CATEGORIZED, SENTENCES, categorized, corpus

from aspectra import tasks
from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion
from aspectra.students.finetune import finetune
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.student import TaggingStudent

Folder = Callable[[str], Path]
ALL = ("food quality", "hotel general", "hotel prices", "room comfort", "service general")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A set in which dev has a category that training lacks."""
    unseen = Example("x", "The pool was fine.", (Opinion("pool", "POOL#GENERAL", "positive", 4, 8),))
    save(tmp_path / "set" / "train.json", CATEGORIZED)
    save(tmp_path / "set" / "dev.json", [*map(categorized, range(40, 60)), unseen])
    return tmp_path / "set"


def said(student: TaggingStudent, texts: list[str], task: str, batch_size: int = 32) -> list[list[Opinion]]:
    config = FinetuneConfig(task=task, eval_batch_size=batch_size, **FAST)
    return [list(each.opinions) for each in student.predict(texts, config, "cpu", lambda _: None)]


@pytest.mark.parametrize("task", ["acsa", "tasd"])
@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_categories_are_learned_and_its_folder_says_the_same(
    family: str, task: str, encoder_of: Folder, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    student = TaggingStudent.load(encoder_of(family))
    learn(student, task)
    texts, subject = [example.text for example in CATEGORIZED], tasks.get(task).subject
    found = said(student, texts, task)
    pairs = [{(subject(o), o.polarity) for o in each} for each in found]
    wanted = [{(subject(o), o.polarity) for o in each.opinions} for each in CATEGORIZED]
    assert sum(a == b for a, b in zip(pairs, wanted, strict=True)) >= 0.9 * len(texts), "it learned by heart"
    assert said(student, texts[::-1], task, 5)[::-1] == found, "batches and order change no answer"
    if task == "tasd":
        places = [{(o.start, o.end) for o in each} for each in found]
        true = [{(o.start, o.end) for o in each.opinions} for each in CATEGORIZED]
        assert sum(a == b for a, b in zip(places, true, strict=True)) >= 0.9 * len(texts)
    student.save(tmp_path / "out", {"task": task, "input_tokens": 64, "labels": {"categories": [*ALL]}}, "a card")
    again = TaggingStudent.load(tmp_path / "out")
    assert again.categories == ALL
    assert said(again, texts, task) == found


def test_losses_are_what_a_hand_computes(encoder_of: Folder) -> None:
    """One row at a time, without padding; then all together."""
    student = TaggingStudent.load(encoder_of("bert"))
    rows = student.from_examples(CATEGORIZED, FinetuneConfig(task="tasd", **FAST)).rows
    apart: dict[int, list[float]] = {0: [], 1: [], 3: []}
    with torch.no_grad():
        for i in range(len(rows)):
            batch = student.collate([rows[i]])
            losses, kinds = student.losses(student.model, batch)
            assert student.counts(batch, 4).tolist() == torch.bincount(kinds, minlength=4).tolist()
            for loss, kind in zip(losses.tolist(), kinds.tolist(), strict=True):
                apart[kind].append(loss)
        losses, kinds = student.losses(student.model, student.collate([rows[i] for i in range(len(rows))]))
    for kind, values in apart.items():
        assert sorted(losses[kinds == kind].tolist()) == pytest.approx(sorted(values), abs=1e-4)
    pairs = {(e.id, o.start, o.category) for e in CATEGORIZED for o in e.opinions}
    units = {(e.id, o.start) for e in CATEGORIZED for o in e.opinions if o.target} | {(e.id, None) for e in CATEGORIZED}
    assert (len(apart[1]), len(apart[3])) == (len(pairs), len(units))


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_a_category_of_dev_that_training_lacks_is_missed_and_nothing_else(
    task: str, encoder_of: Folder, data: Path, tmp_path: Path
) -> None:
    config = FinetuneConfig(task=task, data=str(data), epochs=25, **FAST)
    figures = finetune(str(encoder_of("bert")), config, tmp_path / "out")["figures"]
    assert 0.5 < figures["dev_f1"] < 1
    info = json.loads((tmp_path / "out" / "aspectra.json").read_text(encoding="utf-8"))
    assert info["task"] == task
    assert "POOL#GENERAL" not in info["labels"]["categories"]
    assert TaggingStudent.load(tmp_path / "out").categories == ALL


def test_pretrained_heads_stay_and_a_category_begins_as_its_name(encoder_of: Folder, tmp_path: Path) -> None:
    silver = corpus(tmp_path / "corpus")
    pretrain(silver, str(encoder_of("bert")), PretrainConfig(epochs=1, **FAST), tmp_path / "pre")
    student = TaggingStudent.load(tmp_path / "pre")
    before = {name: weight.clone() for name, weight in student.model.heads.state_dict().items()}
    student.from_examples(CATEGORIZED, FinetuneConfig(task="acsa", **FAST))
    after = student.model.heads.state_dict()
    assert all(torch.equal(weight, after[name]) for name, weight in before.items())
    torch.manual_seed(99)
    other = TaggingStudent.load(tmp_path / "pre")
    other.from_examples(CATEGORIZED[::-1], FinetuneConfig(task="acsa", **FAST))
    assert all(torch.equal(weight, after[name]) for name, weight in other.model.heads.state_dict().items())
    one, two = other.model.heads.categories.query[:2]
    assert not torch.allclose(one, two)


def test_another_set_keeps_what_both_know_and_another_task_drops_categories(encoder_of: Folder) -> None:
    torch.manual_seed(0)
    student = TaggingStudent.load(encoder_of("bert"))
    learn(student, "tasd", 10)
    learned = student.model.heads.categories
    pool = Example("x", "The pool was fine.", (Opinion("pool", "POOL#GENERAL", "positive", 4, 8),))
    few = [e for e in CATEGORIZED if all(o.category == "FOOD#QUALITY" for o in e.opinions)]
    student.from_examples([*few, pool], FinetuneConfig(task="acsa", **FAST))
    now = student.model.heads.categories
    assert now.names == ("food quality", "pool general")
    assert torch.equal(now.key[0], learned.key[0])
    assert torch.equal(now.project.weight, learned.project.weight)
    student.from_examples(SENTENCES, FinetuneConfig(task="atsa", **FAST))
    assert student.categories == ()


def test_sentences_without_a_category_cannot_teach_any(encoder_of: Folder) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    with pytest.raises(UserError, match="no category in the training sentences"):
        student.from_examples(SENTENCES, FinetuneConfig(task="acsa", **FAST))


@pytest.mark.parametrize("task", ["acsa", "tasd"])
def test_a_run_that_was_cut_off_ends_with_the_same_weights(
    task: str, encoder_of: Folder, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file

    from aspectra.students import session

    config = FinetuneConfig(task=task, data=str(data), epochs=4, save_seconds=0, **FAST)
    finetune(str(encoder_of("bert")), config, tmp_path / "whole")
    add, seen = session.Metrics.add, []

    def dies(self: Any, line: dict[str, Any]) -> None:
        seen.append(line)
        if len(seen) == 3:
            raise KeyboardInterrupt
        add(self, line)

    monkeypatch.setattr(session.Metrics, "add", dies)
    with pytest.raises(KeyboardInterrupt):
        finetune(str(encoder_of("bert")), config, tmp_path / "cut")
    monkeypatch.setattr(session.Metrics, "add", add)
    finetune(str(encoder_of("bert")), config, tmp_path / "cut")
    for name in ("model.safetensors", "heads.safetensors"):
        one, other = (load_file(tmp_path / run / name) for run in ("whole", "cut"))
        assert all(torch.equal(one[key], other[key]) for key in one), name
    assert "categories.key" in one
