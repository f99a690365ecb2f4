"""Each family's tiny student and its export in 32 bits, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.readers.families import make

from aspectra.readers.convert import convert
from aspectra.students.writers.family import load


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
            (folder / family).mkdir()
            convert(load(student_of(family)), folder / family, "float32")
        return folder / family

    return made
