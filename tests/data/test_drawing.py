"""The sentences that somebody else's model is trained on are those that a student of ours is given."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.students.test_finetune import config

from aspectra.cli.main import run
from aspectra.data import datasets
from aspectra.data.drawing import FORMS, draw
from aspectra.data.examples import load, save
from aspectra.data.imports import semeval, table
from aspectra.schema import Example, Opinion
from aspectra.students.taggers.student import TaggingStudent


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A set of 40 training sentences, some with two opinions and some with none, and 6 of dev."""
    things = ["soup", "bed", "staff", "lift"]
    for side, numbers in (("train", range(40)), ("dev", range(40, 46)), ("test", range(46, 50))):
        examples = []
        for n in numbers:
            text = f"Day {n}: the {things[n % 4]} was fine, the bread was not."
            terms = [things[n % 4], "bread"][: n % 3]
            said = zip(terms, ("positive", "negative"), strict=False)
            opinions = [Opinion(t, None, p, text.index(t), text.index(t) + len(t), ("fine",)) for t, p in said]
            examples.append(Example(f"9:{n}", text, tuple(opinions)))
        save(tmp_path / "set" / f"{side}.json", examples)
    return tmp_path / "set"


def test_a_student_is_given_these_sentences_in_this_order(
    home: Path, tmp_path: Path, tagger_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.students.finetune import finetune

    given: list[list[Example]] = []
    learn = TaggingStudent.from_examples

    def seen(self: Any, examples: Any, *rest: Any) -> Any:
        given.append(list(examples))
        return learn(self, examples, *rest)

    monkeypatch.setattr(TaggingStudent, "from_examples", seen)
    finetune(str(tagger_of("bert")), config(home, shots=12, seed=52, epochs=1), tmp_path / "tuned")
    draw(str(home), None, 12, 52, tmp_path / "drawn")
    assert load(tmp_path / "drawn" / "train.json") == given[0]
    assert load(tmp_path / "drawn" / "dev.json") == datasets.split(home, "dev")


@pytest.mark.parametrize("form", FORMS)
def test_every_format_has_the_same_sentences(home: Path, tmp_path: Path, form: str) -> None:
    made = draw(str(home), None, 12, 52, tmp_path / "drawn", form)
    path = Path(made["files"]["train"])
    if form == "json":
        found = load(path)
    else:
        found = [each.example for each in (semeval.read(path) if form == "semeval" else table.read(path))]
    wanted = datasets.draw(datasets.split(home, "train"), 12, 52)

    def said(examples: list[Example]) -> list[Any]:
        return [(e.id, e.text, [(o.target, o.polarity, o.start) for o in e.opinions]) for e in examples]

    assert said(found) == said(wanted)
    assert (made["train"], made["left"], made["dev"]) == (12, 28, 6)


def test_the_command_says_how_many_and_what_is_left(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["data", "draw", "--data", str(home), "--shots", "12", "--seed", "52", "--out", str(tmp_path / "drawn")]
    assert run(command) == 0
    out = capsys.readouterr().out
    assert "12 of 40 training sentences, drawn by seed 52; 28 are left" in out
    assert "all 6 dev sentences" in out and str(home / "test.json") in out
    assert run([*command, "--json"]) == 0, "the same draw again changes nothing"
    assert json.loads(capsys.readouterr().out)["left"] == 28
    assert run([*command[:-1], str(tmp_path / "other"), "--shots", "41"]) == 2
    assert "--shots 41 is more than the 40 training sentences" in capsys.readouterr().err
    assert run([*command, "--shots", "13"]) == 2
    assert "name another --out, or delete it" in capsys.readouterr().err
    assert run([*command, "--format", "jsnl"]) == 2
    assert "did you mean 'jsonl'" in capsys.readouterr().err


def test_a_published_set_is_drawn_by_its_name_alone(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(datasets.DATA_VARIABLE, str(shared / "data" / "benchmark"))
    for name, task in (("rest14", "atsa"), ("rest16", "acsa")):
        made = draw(name, None, 128, 42, tmp_path / name)
        whole = datasets.split(datasets.find(task, name), "train")
        assert load(Path(made["files"]["train"])) == datasets.draw(whole, 128, 42)
        assert made["left"] == len(whole) - 128
