"""Zero shots: a student is read as it was pretrained, where that taught it the task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small
from tests.students.taggers.labels import corpus

from aspectra.benchmark import grid
from aspectra.benchmark.protocol import benchmark, merge
from aspectra.data.examples import load
from aspectra.errors import UserError

QUICK: dict[str, Any] = {"max_steps": 3, "batch_size": 8, "device": "cpu", "threads": 1}
TUNE: dict[str, Any] = {"keep": "last", "epochs": 1, "device": "cpu", "bf16": False}


def test_a_run_without_labels_reads_what_its_own_pretraining_made(
    small: Small, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    student = str(encoder_of("bert"))
    own = {"kind": "student", "student": student, "pretrain": {"corpus": str(corpus(tmp_path / "corpus")), **QUICK}}
    systems = {"base": {"kind": "student", "student": student, "shots": [4]}, "own": own}
    sets = {"atsa": small().sets["atsa"][:1]}
    config = small(systems=systems, sets=sets, seeds=[1], shots=[0, 4], finetune=TUNE)
    names = [cell.id for cell in grid.grid(config)]
    assert sum("shots-0" in name for name in names) == 1 and not any(n.startswith("base") for n in names if "-0" in n)
    results = benchmark(config, tmp_path / "out")
    assert results["missing"] == [] and len(results["cells"]) == 3
    untuned = [cell for cell in results["cells"] if cell["shots"] == 0]
    assert all(cell["cost"]["training_seconds"] == 0 for cell in untuned)
    assert all(cell["cost"]["pretraining_seconds"] is not None for cell in untuned), "told, be it 0.0"
    assert not list((tmp_path / "out").glob("cells/*shots-0*/model"))


def test_without_labels_runs_may_differ_in_the_settings_of_fine_tuning(
    small: Small, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    learn = {"corpus": str(corpus(tmp_path / "corpus")), **QUICK}
    own = {"kind": "student", "student": str(encoder_of("bert")), "pretrain": learn}
    sets = {"atsa": small().sets["atsa"][:1]}
    for seed, rate in ((1, 1e-3), (2, 1e-2)):
        tune = TUNE | {"learning_rate": rate}
        benchmark(small(systems={"own": own}, sets=sets, seeds=[seed], shots=[0], finetune=tune), tmp_path / str(seed))
    (row, *_) = merge([tmp_path / "1", tmp_path / "2"], tmp_path / "out")["table"]
    assert row["seeds"] == [1, 2]


def test_a_student_that_knows_no_task_is_refused_before_anything_runs(
    small: Small, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    base: dict[str, Any] = {"kind": "student", "student": str(encoder_of("bert"))}
    systems = {"base": base}
    config = small(systems=systems, sets={"atsa": small().sets["atsa"][:1]}, shots=[0, 4], finetune=TUNE)
    with pytest.raises(UserError, match="system base: shots: 0 needs a student that knows a task"):
        benchmark(config, tmp_path / "out")
    control = {"corpus": str(corpus(tmp_path / "corpus")), "kinds": ["denoise"], **QUICK}
    systems = {"control": base | {"pretrain": control}}
    config = small(systems=systems, sets={"atsa": small().sets["atsa"][:1]}, shots=[0, 4], finetune=TUNE)
    with pytest.raises(UserError, match="system control: shots: 0 needs a student that knows a task"):
        benchmark(config, tmp_path / "out")
    assert not (tmp_path / "out" / "cells").exists()


def test_settings_are_chosen_on_dev_and_polarity_is_asked_of_given_targets(
    small: Small, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    systems = {"base": {"kind": "student", "student": str(encoder_of("bert"))}}
    data = small().sets["atsa"][0]
    dev = load(Path(data) / "dev.json")
    (Path(data) / "test.json").unlink()  # who chooses on dev has no need of it
    config = small(systems=systems, sets={"atsa": [data]}, seeds=[1], shots=[4], finetune=TUNE, side="dev", given=True)
    results = benchmark(config, tmp_path / "out")
    (cell,) = results["cells"]
    assert cell["sentences"] == len(dev)
    assert results["notes"] == ["All scores are on dev sentences, for choosing settings. No test sentence was read."]
    assert results["notes"][0] in (tmp_path / "out" / "report.md").read_text(encoding="utf-8")
    asked = cell["given"]
    gold = [o for example in dev for o in example.opinions if o.polarity != "conflict"]
    assert asked["items"] == len(gold) and asked["accuracy"] == asked["right"] / len(gold)
