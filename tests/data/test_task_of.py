"""Which task a set is of, where only the set is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.data.datasets import DATA_VARIABLE, task_of
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion
from aspectra.tasks import CHOICE


def sentences(target: str | None = "soup", category: str | None = "FOOD#QUALITY") -> list[Example]:
    return [Example("1", "soup", (Opinion(target, category, "positive"),)), Example("2", "nothing")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Sets below $ASPECTRA_DATA: `pub` for two tasks, `cat` for one that another reads too, `own` for tasd alone."""
    for place in ("atsa/pub", "acsa/pub", "atsa/bar", "acsa/cat", "tasd/own", "kept/all"):
        save(tmp_path / place / "test.json", sentences())
    monkeypatch.setenv(DATA_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("data", "task", "found"),
    [
        ("bar", None, ("atsa", "bar")),
        ("acsa/pub", None, ("acsa", "pub")),
        ("acsa/pub", "acsa", ("acsa", "pub")),
        ("pub", "acsa", ("acsa", "pub")),
        ("cat", None, ("acsa", "cat")),
        ("cat", "tasd", ("tasd", "cat")),
        ("tasd/cat", None, ("tasd", "cat")),
        ("own", None, ("tasd", "own")),
        ("{home}/acsa/pub", None, ("acsa", "{home}/acsa/pub")),
        ("{home}/acsa/pub", "atsa", ("atsa", "{home}/acsa/pub")),
    ],
)
def test_the_task_is_found_from_the_set(home: Path, data: str, task: str | None, found: tuple[str, str]) -> None:
    assert task_of(data.format(home=home), task) == (found[0], found[1].format(home=home))


@pytest.mark.parametrize(
    ("data", "task", "message"),
    [
        ("pub", None, "write --data atsa/pub"),
        ("{home}", None, "has no test.json"),
        ("{home}/kept/all", None, f"name it with --task: {CHOICE}"),
        ("atsa/pub", "acsa", "name different tasks"),
        ("barr", None, "did you mean 'atsa/bar'.*aspectra data fetch.*ASPECTRA_DATA"),
        ("bar", "atsc", "did you mean 'atsa'"),
    ],
)
def test_a_set_whose_task_is_not_clear_says_how_to_name_it(
    home: Path, data: str, task: str | None, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        task_of(data.format(home=home), task)


@pytest.mark.parametrize(("lacks", "task"), [("category", "atsa"), ("target", "acsa")])
def test_a_folder_whose_sentences_are_of_one_task_needs_none(tmp_path: Path, lacks: str, task: str) -> None:
    save(tmp_path / "test.json", sentences(**{lacks: None}))
    assert task_of(str(tmp_path), None) == (task, str(tmp_path))
