"""What many tests lean on: the folder of other people's data, and a quiet environment."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.readers.families import make
from tests.students.taggers.families import make as encoder
from tests.students.taggers.labels import SENTENCES, learn
from tests.tiny import make_causal, make_seq2seq

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# The models are tiny and two workers run side by side (see Makefile): a second thread costs more than it gives.
os.environ["OMP_NUM_THREADS"] = "1"

# A machine that has other work too is no fault of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

TYPES = ("float32", "int8")  # of a tagger's export
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with benchmark, reviews and recorded responses; skips where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"needs the data folder {SHARED}/data, which is not here")
    return SHARED


@pytest.fixture(scope="module", autouse=True)
def freeze() -> Iterator[None]:
    """What torch and transformers have loaded is not looked through again: at each training's end accelerate collects
    garbage, which takes a quarter of a second where half a million objects are alive."""
    gc.collect()
    gc.freeze()
    yield


@pytest.fixture(scope="session")
def causal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_causal(tmp_path_factory.mktemp("causal"))


@pytest.fixture(scope="session")
def seq2seq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_seq2seq(tmp_path_factory.mktemp("seq2seq"))


@pytest.fixture(scope="session")
def student_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a family's student."""
    folder = tmp_path_factory.mktemp("students")
    return lambda family: folder / family if (folder / family).is_dir() else make(family, folder / family)


@pytest.fixture(scope="session")
def export_of(tmp_path_factory: pytest.TempPathFactory, student_of: Callable[[str], Path]) -> Callable[[str], Path]:
    """The folder of its export."""
    folder = tmp_path_factory.mktemp("exports")

    def made(family: str) -> Path:
        if not (folder / family).is_dir():
            from aspectra.readers.writers.convert import convert
            from aspectra.students.writers.writer import Writer

            (folder / family).mkdir()
            convert(Writer.load(student_of(family)), folder / family, "float32")
        return folder / family

    return made


@pytest.fixture(scope="session")
def encoder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a kind of encoder, of which taggers are made."""
    folder = tmp_path_factory.mktemp("encoders")
    return lambda kind: folder / kind if (folder / kind).is_dir() else encoder(kind, folder / kind)


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

        whole, small = (home / f"{kind}-{each}" for each in TYPES)
        if not whole.is_dir():
            tagger = Tagger.load(tagger_of(kind))
            whole.mkdir()
            convert(tagger, whole)
            small.mkdir()
            shrink(tagger, whole, small, [example.text for example in SENTENCES])
        return home / f"{kind}-{compute}"

    return made
