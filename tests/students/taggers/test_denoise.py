"""The control of a tagger: hidden words are restored, in as many steps as a teacher's labels take."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.students.taggers.families import EACH
from tests.students.taggers.labels import SENTENCES, corpus

from aspectra.config import PretrainConfig
from aspectra.errors import UserError
from aspectra.students.corpus import read
from aspectra.students.pretrain import pretrain
from aspectra.students.taggers.denoise import hidden
from aspectra.students.taggers.student import TaggingStudent

Folder = Callable[[str], Path]
SMALL: dict[str, Any] = {
    "learning_rate": 3e-3,
    "batch_size": 8,
    "epochs": 4,
    "bf16": False,
    "device": "cpu",
    "threads": 1,
}


@pytest.mark.parametrize("kind", EACH)
def test_every_kind_of_encoder_restores_words_and_knows_no_task(kind: str, encoder_of: Folder, tmp_path: Path) -> None:
    given = corpus(tmp_path / "corpus")
    config = PretrainConfig(kinds=("denoise",), **SMALL)
    figures = pretrain(given, str(encoder_of(kind)), config, tmp_path / "out")["figures"]
    before, after = (figures["held_out"]["denoise"][when] for when in ("before", "after"))
    assert after < before
    taught = pretrain(given, str(encoder_of(kind)), PretrainConfig(**SMALL), tmp_path / "taught")["figures"]
    assert figures["steps"] == taught["steps"]
    assert (figures["counted"], taught["counted"]) == ("hidden tokens", "labels")
    assert figures["parameters"] == taught["parameters"], "the head that restores words is gone"
    info = json.loads((tmp_path / "out" / "aspectra.json").read_text(encoding="utf-8"))
    assert info["task"] is None and info["labels"] is None
    TaggingStudent.load(tmp_path / "out")


def test_texts_with_a_rating_are_restored_too_in_as_many_steps(encoder_of: Folder, tmp_path: Path) -> None:
    given = corpus(tmp_path / "corpus", rated=True)
    steps = [
        pretrain(given, str(encoder_of("bert")), PretrainConfig(kinds=kinds, **SMALL), tmp_path / name)["figures"][
            "steps"
        ]
        for name, kinds in (("control", ("denoise",)), ("taught", ("analysis",)))
    ]
    assert steps[0] == steps[1]


def test_every_weight_that_is_trained_has_a_gradient(encoder_of: Folder, tmp_path: Path) -> None:
    """Else several processes wait for one another; and a student that goes on in memory trains its heads again."""
    student = TaggingStudent.load(encoder_of("bert"))
    side = read(corpus(tmp_path / "corpus"), "train")
    rows = student.from_corpus(side, PretrainConfig(kinds=("denoise",), **SMALL), lambda _: None).rows
    losses, _ = student.losses(student.model, student.collate([rows[0], rows[1]]))
    losses.sum().backward()
    without = [
        name for name, weight in student.model.named_parameters() if weight.requires_grad and weight.grad is None
    ]
    assert without == []
    student.merge()
    assert all(weight.requires_grad for weight in student.model.parameters())


def test_whole_words_are_hidden(encoder_of: Folder) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    mask = student.tokenizer.mask_token_id
    chance = random.Random(1)
    for pieces in student.encoder().pieces([example.text for example in SENTENCES]):
        row = hidden(pieces, mask, chance)
        away = {word for word, was in zip(pieces.word_of, row["restore"], strict=True) if was != -100}
        assert away and -1 not in away, "special tokens stay"
        for word, now, was, whole in zip(pieces.word_of, row["ids"], row["restore"], pieces.ids, strict=True):
            assert (now, was) == ((mask, whole) if word in away else (whole, -100))


def test_what_the_control_cannot_be_is_said_in_a_line(encoder_of: Folder, tmp_path: Path) -> None:
    config = PretrainConfig(kinds=("analysis", "denoise"), **SMALL)
    with pytest.raises(UserError, match="use --kinds denoise alone"):
        pretrain(corpus(tmp_path / "corpus"), str(encoder_of("bert")), config, tmp_path / "out")
    assert not (tmp_path / "out").exists()
