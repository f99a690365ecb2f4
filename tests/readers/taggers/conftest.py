"""Tiny taggers that learned a little, and their exports in both types."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.students.taggers.labels import SENTENCES, learn

KINDS = ("float32", "int8")


@pytest.fixture(scope="session")
def tagger_of(tmp_path_factory: pytest.TempPathFactory, encoder_of: Callable[[str], Path]) -> Callable[[str], Path]:
    """The folder of a student of a kind of encoder."""
    home = tmp_path_factory.mktemp("taggers")

    def made(kind: str) -> Path:
        if not (home / kind).is_dir():
            import torch

            from aspectra.students.taggers.student import TaggingStudent

            torch.manual_seed(0)
            student = TaggingStudent.load(encoder_of(kind))
            learn(student, 60)
            (home / kind).mkdir()
            student.save(home / kind, {"task": "atsa", "input_tokens": 256}, "a card")
        return home / kind

    return made


@pytest.fixture(scope="session")
def reader_of(tmp_path_factory: pytest.TempPathFactory, tagger_of: Callable[[str], Path]) -> Callable[[str, str], Path]:
    """The folder of its export, in a type."""
    home = tmp_path_factory.mktemp("readers")

    def made(kind: str, compute: str) -> Path:
        from aspectra.readers.taggers.convert import convert, shrink
        from aspectra.students.taggers.tagger import Tagger

        whole, small = (home / f"{kind}-{each}" for each in KINDS)
        if not whole.is_dir():
            tagger = Tagger.load(tagger_of(kind))
            whole.mkdir()
            convert(tagger, whole)
            small.mkdir()
            shrink(tagger, whole, small, [example.text for example in SENTENCES])
        return home / f"{kind}-{compute}"

    return made
