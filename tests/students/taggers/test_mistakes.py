"""What a tagger cannot use is told in one line, before anything is trained."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.students.taggers.by_heart import learn
from tests.students.taggers.labels import CATEGORIZED, SENTENCES, corpus

from aspectra.cli.main import run
from aspectra.data.examples import save
from aspectra.schema import Example, Opinion
from aspectra.students.taggers.student import TaggingStudent

Folder = Callable[[str], Path]


def mistake(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Run a command that must fail as the user's mistake, in one line; returns the line."""
    capsys.readouterr()  # what transformers said while the test made its folders
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert [line.startswith("aspectra: error:") for line in lines] == [True], captured.err
    return lines[0]


@pytest.fixture
def finetune(tmp_path: Path) -> list[str]:
    """A command that wants its student."""
    for side in ("train", "dev"):
        save(tmp_path / "set" / f"{side}.json", SENTENCES)
    data = ["--data", str(tmp_path / "set"), "--out", str(tmp_path / "out"), "--epochs", "1", "--device", "cpu"]
    return ["finetune", "--task", "atsa", *data, "--student"]


def test_an_encoder_without_places_of_tokens(
    finetune: list[str], encoder_of: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from transformers import ByT5Tokenizer

    bare, slow = tmp_path / "bare", tmp_path / "slow"
    shutil.copytree(encoder_of("bert"), bare, ignore=shutil.ignore_patterns("tokenizer*"))
    shutil.copytree(bare, slow)
    characters: Any = ByT5Tokenizer
    characters().save_pretrained(slow)
    for folder in (bare, slow):
        assert f"the tokenizer in {folder} is not a fast one" in mistake([*finetune, str(folder)], capsys)
    assert not (tmp_path / "out").exists()


def test_a_decoder_that_is_to_tag(
    finetune: list[str], causal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = mistake([*finetune, str(causal), "--preset", "tagger"], capsys)
    assert f"{causal} is a writer, not an encoder, and cannot become a tagger" in told
    silver = ["pretrain", str(corpus(tmp_path / "corpus")), "--out", str(tmp_path / "out"), "--student", str(causal)]
    assert "is a writer, not an encoder" in mistake([*silver, "--preset", "tagger"], capsys)
    assert not (tmp_path / "out").exists()


def test_a_corpus_without_silver_labels(encoder_of: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = corpus(tmp_path / "corpus")
    shutil.rmtree(folder / "silver")
    told = mistake(
        ["pretrain", str(folder), "--student", str(encoder_of("bert")), "--out", str(tmp_path / "o")], capsys
    )
    assert f"the corpus {folder} has no silver labels, and a tagger learns from these" in told


def test_a_task_that_it_was_not_taught(encoder_of: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(tmp_path / "set" / "test.json", CATEGORIZED)
    told = mistake(["evaluate", str(encoder_of("bert")), "--task", "acsa", "--data", str(tmp_path / "set")], capsys)
    assert "knows no categories, and acsa needs them" in told
    control = TaggingStudent.load(encoder_of("bert"))
    control.save(tmp_path / "control", {"task": None, "labels": None, "input_tokens": 64}, "a card")
    told = mistake(["evaluate", str(tmp_path / "control"), "--task", "acsa", "--data", str(tmp_path / "set")], capsys)
    assert "knows no categories, and acsa needs them" in told


def test_categories_that_it_was_not_taught(
    encoder_of: Folder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    learn(student, "acsa", 1)
    labels = {"categories": sorted({str(o.category) for e in CATEGORIZED for o in e.opinions})}
    student.save(tmp_path / "tuned", {"task": "acsa", "input_tokens": 64, "labels": labels}, "a card")
    pool = Opinion("pool", "POOL#GENERAL", "positive", 4, 8)
    save(tmp_path / "set" / "test.json", [Example("1", "The pool was fine.", (pool,))])
    told = mistake(["evaluate", str(tmp_path / "tuned"), "--data", str(tmp_path / "set")], capsys)
    assert "knows none of the categories of" in told and "such as 'pool general', but 'food quality'" in told
