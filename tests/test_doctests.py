"""The examples in docstrings show what the code prints."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
FILES = [file for file in sorted(SOURCE.rglob("*.py")) if ">>> " in file.read_text(encoding="utf-8")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE / "aspectra")))
def test_the_examples_of_a_module_are_what_it_prints(file: Path) -> None:
    module = importlib.import_module(".".join(file.relative_to(SOURCE).with_suffix("").parts))
    failed, tried = doctest.testmod(module)
    assert tried and not failed
