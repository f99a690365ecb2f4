"""Which reader is meant where none is named, or one by its short name."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import aspectra
from aspectra.benchmark.evaluate import evaluate
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.readers.export import export
from aspectra.readers.opening import chosen

Made = Callable[[str, str], Path]
TEXT = "The soup was fresh."


@pytest.fixture
def shipped(reader_of: Made, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An export that comes with Aspectra."""
    folder = reader_of("bert", "int8")
    monkeypatch.setattr("aspectra.places.MODEL", folder)
    return folder


def test_without_a_name_the_shipped_reader_reads_and_a_line_says_so(
    shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unnamed = aspectra.load(threads=1)
    said = capsys.readouterr().err
    assert said == f"no model is named: using {shipped.name}, which comes with Aspectra\n"
    assert unnamed.extract([TEXT]) == aspectra.load(shipped, threads=1).extract([TEXT])
    assert unnamed.about == aspectra.load("reader-en", threads=1).about
    assert capsys.readouterr().err == "", "who names a model knows it"


def test_its_short_name_is_taken_wherever_a_model_is_read(shipped: Path, tmp_path: Path) -> None:
    from tests.students.taggers.labels import SENTENCES

    save(tmp_path / "atsa" / "inn" / "test.json", SENTENCES)
    by_name, by_folder = (
        evaluate(model, None, str(tmp_path / "atsa" / "inn"), device="cpu", threads=1)["figures"]["rows"]
        for model in ("reader-en", shipped)
    )
    assert by_name == by_folder
    with pytest.raises(UserError, match="reader-en is already an export"):
        export("reader-en", tmp_path / "again")


def test_an_export_here_of_that_name_is_the_nearer_one(
    shipped: Path, reader_of: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert chosen("reader-en") == shipped
    shutil.copytree(reader_of("bert", "float32"), tmp_path / "reader-en")
    assert chosen("reader-en") == "reader-en"
    with pytest.raises(UserError, match="--model is empty"):
        chosen("")


def test_an_installation_without_one_says_what_to_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aspectra.places.MODEL", tmp_path / "nothing")
    with pytest.raises(UserError, match="has no reader; name a student with --model"):
        aspectra.load()


def test_it_teaches_by_its_name(shipped: Path) -> None:
    from aspectra.config import ElicitConfig
    from aspectra.readers.teacher import StudentTeacher

    teachers = (
        StudentTeacher(ElicitConfig(teacher="student", model=model, kinds=("extraction",)))
        for model in ("reader-en", str(shipped))
    )
    assert len({teacher.model for teacher in teachers}) == 1


def test_a_folder_whose_description_is_torn_is_named(tmp_path: Path) -> None:
    (tmp_path / "aspectra.json").write_text('{"task": "at', encoding="utf-8")
    with pytest.raises(UserError, match=r"aspectra\.json is not JSON"):
        aspectra.load(tmp_path)
