"""The guides: tutorials typed as they are written, and the examples of what a contributor adds."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
import yaml
from tests.e2e.typed import BLOCK, PAGES, alike, blocks, type_out

from aspectra import models
from aspectra.cli.main import app
from aspectra.config import ElicitConfig
from aspectra.data import datasets
from aspectra.elicit.engine import elicit
from aspectra.models.hub import OnHub
from aspectra.schema import Prediction
from aspectra.score.scoring import score
from aspectra.settings import build
from aspectra.systems import BenchmarkConfig
from aspectra.tasks import TASKS
from aspectra.teachers.teacher import Question, TryError


def test_a_model_of_ones_own_is_compared_as_the_page_says(tmp_path: Path) -> None:
    told = type_out("compare.md", tmp_path)
    files, steps = blocks("compare.md")
    for step, said in zip(steps, told, strict=True):
        assert step.shown is None or alike(step.shown, said), said
    assert build(BenchmarkConfig, yaml.safe_load(files["published.yaml"])).shots == (128, None)


def test_a_table_becomes_a_dashboard_as_the_page_says(tmp_path: Path) -> None:
    """Another processor may move an opinion or a topic, so the figures of the tables are not compared."""
    shutil.copy(PAGES / "cafes.csv", tmp_path)
    told = type_out("dashboard.md", tmp_path)
    _, steps = blocks("dashboard.md")
    table, found, rows, own, check, loaded = (
        (step, said) for step, said in zip(steps, told, strict=True) if step.shown is not None
    )
    assert alike(table[0].shown or "", table[1])
    for step, said in (found, own):
        for text in (step.shown or "", said):
            assert {"topic", "reviews", "complain", "targets"} <= {*" ".join(text.splitlines()[:2]).split()}
        assert "opinions in 40 reviews" in said and said.rstrip().endswith("report: report.html")
    assert rows[1].splitlines()[0] == (rows[0].shown or "").splitlines()[0]
    assert check[1].startswith("opinions.csv.check.html: 20 of ")
    assert loaded[1].split()[:5] == (loaded[0].shown or "").split()[:5]
    topics = json.loads((tmp_path / "opinions.csv.manifest.json").read_text())["figures"]["topics"]["rows"]
    files, _ = blocks("dashboard.md")
    assert {row["label"] for row in topics} <= {*yaml.safe_load(files["topics.yaml"]), "other"}
    assert ">By store</h2>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def fences(page: str) -> list[str]:
    """The blocks of Python on a page."""
    return [body for kind, body in BLOCK.findall((PAGES / page).read_text(encoding="utf-8")) if kind == "python"]


def defined(code: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The code as the module of that name."""
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(code, name, "exec"), module.__dict__)
    return module


def test_the_task_of_the_page_is_written_read_and_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    task = defined(fences("add.md")[0], "aspectra.tasks.otsa", monkeypatch).Otsa()
    monkeypatch.setitem(TASKS, task.name, task)
    gold = datasets.split(datasets.find("otsa", "hotels"), "test")
    said = [Prediction(each.id, each.text, task.decode(task.encode(each.opinions), each.text)) for each in gold]
    result = score(gold, said, "otsa", "strict", "all")
    unnamed = sum(any(o.target is None for o in each.opinions) for each in gold)
    assert result.f1 == 1.0 and result.gold > score(gold, said, "atsa", "strict", "all").gold and unnamed
    assert task.parse("NULL | negative ; moon | positive", "No.", "strict") == ((("NULL", "negative"),), 1)


def test_the_teacher_of_the_page_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, teacher, asking, _ = fences("add.md")
    house = defined(teacher, "aspectra.teachers.house", monkeypatch)
    monkeypatch.chdir(tmp_path)
    Path("reviews.csv").write_text("text\nThe bed was soft.\nWe left early.\n", encoding="utf-8")
    exec(asking, {})
    assert "'done': 2" in capsys.readouterr().out, "no opinion is an answer too"
    line = next(line.strip() for line in (PAGES / "add.md").read_text().splitlines() if '{"review"' in line)
    Path("answers.jsonl").write_text(line + "\n", encoding="utf-8")
    recorded = ElicitConfig(teacher="recorded", model="answers.jsonl", kinds=("extraction",))
    Path("one.csv").write_text('text\n"Soft bed, loud street."\n', encoding="utf-8")
    assert elicit(Path("one.csv"), recorded, Path("replayed"))["done"] == 1

    def unplugged(_: object) -> str:
        raise ConnectionError("unplugged")

    monkeypatch.setattr(house, "answer", unplugged)
    question = Question("extraction", "", [{"role": "user", "content": "bed"}])
    with pytest.raises(TryError, match="unplugged"):
        asyncio.run(house.HouseTeacher(ElicitConfig()).ask(question))


def test_the_short_name_of_the_page_is_a_student(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = eval(f"{{{fences('add.md')[3]}}}", {"OnHub": OnHub})
    for name, source in entry.items():
        monkeypatch.setitem(models.NAMES, name, source)
        assert name in {row["name"] for row in models.listing()} and str(models.identity(name)).startswith("hub ")


@pytest.mark.parametrize("page", ["paper.md", "add.md"])
def test_every_command_of_a_page_that_is_not_typed_is_one(page: str) -> None:
    text = (PAGES / page).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split() for line in re.findall(r"^(?: {4})?aspectra (.+)$", text, re.MULTILINE)]
    assert lines
    whole: Any = typer.main.get_command(app)
    for name, *words in lines:
        command = whole.get_command(None, name)
        if hasattr(command, "list_commands"):
            named = words[0] in command.list_commands(None)  # else it is `benchmark CONFIG`, which is `benchmark run`
            command = command.get_command(None, words.pop(0) if named else "run")
        command.make_context(name, words)  # refuses an option that is none, and a value that cannot be
