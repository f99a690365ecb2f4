"""A run's own pretraining: another one for each seed, one for all its cells, made once whatever happens."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small
from tests.students.conftest import make_corpus

from aspectra.benchmark import cells, grid, pretraining, workers
from aspectra.benchmark.protocol import benchmark
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.score.results import Result
from aspectra.systems import BenchmarkConfig, StudentSystem

QUICK = {"max_steps": 3, "batch_size": 4, "learning_rate": 0.01, "save_steps": 1, "device": "cpu", "threads": 1}
Own = Callable[..., BenchmarkConfig]


@pytest.fixture
def own(small: Small, tmp_path: Path, causal: Path) -> Own:
    """A benchmark of one student on one set that is pretrained in each run; changes are to `pretrain` and the whole."""
    make_corpus(tmp_path / "corpus")

    def settings(pretrain: dict[str, Any] | None = None, **changes: Any) -> BenchmarkConfig:
        given = {"corpus": str(tmp_path / "corpus"), **QUICK, **(pretrain or {})}
        system = {"kind": "student", "student": str(causal), "pretrain": given}
        return small(**{"systems": {"own": system}, "sets": {"atsa": small().sets["atsa"][:1]}} | changes)

    return settings


def weights(out: Path) -> dict[str, str]:
    return {file.parent.name: sha256(file) for file in out.glob("pretrained/*/model.safetensors")}


def test_two_seeds_are_pretrained_apart_and_other_shots_share_the_seeds(own: Own, tmp_path: Path) -> None:
    out = tmp_path / "out"
    results = benchmark(own(seeds=[1, 2], shots=[4, None]), out, 2)
    assert results["missing"] == [] and len(results["cells"]) == 4
    found = weights(out)
    assert set(found) == {"own.seed-1", "own.seed-2"} and len(set(found.values())) == 2
    told = {(c["seed"], c["shots"]): c["cost"]["pretraining_seconds"] for c in results["cells"]}
    assert told[1, 4] == told[1, None] is not None, "one pretraining, told of in each cell"
    logs = [file.read_text() for file in (out / "logs").glob("own*seed-1.txt")]
    assert sum("is done already" in log for log in logs) == 1, "the second cell found it"
    record = next(c for c in results["cells"] if c["seed"] == 2)
    assert "seed" not in record["settings"]["pretrain"] and record["settings"]["pretrain"]["max_steps"] == 3
    assert set(record["inputs"]) >= {"corpus", "student"}
    (row,) = (r for r in results["table"] if (r["scoring"], r["subset"], r["shots"]) == ("strict", "all", 4))
    assert row["seeds"] == [1, 2], "they are two runs of one system"


def done(config: BenchmarkConfig, out: Path) -> list[Result]:
    """Every cell, in this process."""
    with contextlib.closing(cells.Held()) as held:
        return [cells.work(config, cell, out, held, 1) for cell in grid.grid(config)]


def test_a_cell_starts_from_what_was_pretrained(own: Own, small: Small, tmp_path: Path) -> None:
    done(own(seeds=[1]), tmp_path / "own")
    done(small(systems={"own": small().systems["tiny"].model_dump()}, sets=own().sets, seeds=[1]), tmp_path / "bare")
    (one,), (other,) = ((tmp_path / name).glob("cells/*/model/model.safetensors") for name in ("own", "bare"))
    assert sha256(one) != sha256(other)


def test_another_pretraining_makes_another_cell_and_more_threads_do_not(own: Own, tmp_path: Path) -> None:
    def key(config: BenchmarkConfig) -> str:
        (cell,) = grid.grid(config)
        return cells.stage_of(config, cell, Path(cell.id)).key()

    before = key(own(seeds=[1]))
    assert key(own({"threads": 2}, seeds=[1])) == before
    assert key(own({"max_steps": 4}, seeds=[1])) != before
    make_corpus(tmp_path / "corpus", rows=12)
    assert key(own(seeds=[1])) != before


def test_changed_settings_pretrain_anew_and_a_lost_cell_does_not(own: Own, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (first,) = done(own(seeds=[1]), out)
    before = weights(out)
    shutil.rmtree(next((out / "cells").iterdir()))
    (again,) = done(own(seeds=[1]), out)
    assert weights(out) == before and again.scores == first.scores
    done(own({"max_steps": 2}, seeds=[1]), out)
    assert weights(out) != before


def test_a_disk_is_spared_what_was_pretrained_once_all_its_cells_are_done(own: Own, tmp_path: Path) -> None:
    out, later = tmp_path / "out", own(seeds=[1, 2, 3], keep_models=False)
    done(own(seeds=[1]), out)
    done(later, out)
    wanted = grid.grid(later)
    cells.spare(later, wanted, [wanted[2].id], out)
    assert set(weights(out)) == {"own.seed-1", "own.seed-3"}, (
        "an earlier run wanted one, the other's cell is to be done"
    )
    cells.spare(later, wanted, [], out)
    assert set(weights(out)) == {"own.seed-1"}


def started(config: BenchmarkConfig, folder: Path, out: Path) -> subprocess.Popen[bytes]:
    (folder / "config.json").write_text(config.model_dump_json())
    code = (
        "import sys; from pathlib import Path; from aspectra.systems import BenchmarkConfig\n"
        "from aspectra.benchmark.protocol import benchmark\n"
        "if __name__ == '__main__':\n"
        "    benchmark(BenchmarkConfig.model_validate_json(Path(sys.argv[1]).read_text()), Path(sys.argv[2]), 2)\n"
    )
    (folder / "run.py").write_text(code)
    command = [sys.executable, str(folder / "run.py"), str(folder / "config.json"), str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_killed_while_it_pretrains_it_goes_on_and_ends_the_same(own: Own, tmp_path: Path) -> None:
    config, name = own({"max_steps": 60}, seeds=[1]), "own.seed-1"
    straight, killed = tmp_path / "straight", tmp_path / "killed"
    process = started(config, tmp_path, killed)
    end = time.monotonic() + 120
    while not list(killed.glob("pretrained/*/checkpoints/checkpoint-*/trainer_state.json")):
        assert process.poll() is None and time.monotonic() < end, "it never came to a checkpoint"
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(1)  # its worker ends when it has seen that its parent is gone
    assert not (killed / "pretrained" / name / "manifest.json").exists(), "it was cut off in its pretraining"
    log = killed / "pretrained" / name / "metrics.jsonl"
    begun = log.read_text().splitlines()[:2]
    (undisturbed,), (result,) = done(config, straight), done(config, killed)
    assert result.scores == undisturbed.scores
    assert weights(killed) == weights(straight)
    assert log.read_text().splitlines()[:2] == begun, "with its seconds: the first step was not taken again"


def test_no_two_workers_pretrain_one_student_and_none_waits_that_has_other_work(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pipe:
        def send(self, cell: grid.Cell) -> None:
            pass

    config = own(seeds=[1, 2], shots=[2, 4, None])
    left = grid.grid(config)
    needs = {cell.id: workers.need(config, cell, tmp_path) for cell in left}
    monkeypatch.setattr(workers, "start", lambda *_: workers.Worker(None, Pipe()))
    crew: list[workers.Worker] = []
    while workers.give(config, left, needs, crew, tmp_path, 9):
        pass
    assert [worker.cell.seed for worker in crew if worker.cell] == [1, 2]
    made = {crew[0].holds}
    while workers.give(config, left, needs, crew, tmp_path, 9, made):
        pass
    assert sorted(worker.cell.seed or 0 for worker in crew if worker.cell) == [1, 1, 1, 2], "the first is pretrained"


def test_a_pretraining_that_fails_is_tried_once_and_costs_no_other_seed_or_system(
    own: Own, small: Small, tmp_path: Path
) -> None:
    systems = {"own": own({"learning_rate": 1e9}).systems["own"].model_dump(), "other": small().systems["other"]}
    results = benchmark(own(systems=systems, seeds=[1], shots=[2, 4]), tmp_path / "out")
    reasons = [each["reason"] for each in results["missing"]]
    assert len(reasons) == 2 and reasons[0].startswith("pretraining: the training diverged")
    assert reasons[1].startswith("not started, as own.atsa.inn.shots-2.seed-1: pretraining: the training diverged")
    assert {row["system"] for row in results["table"]} == {"other"}


@pytest.mark.parametrize(
    ("pretrain", "told"),
    [
        ({"corpus": "nowhere"}, "system own, pretrain: the corpus nowhere does not exist"),
        ({"corpus": None}, "system own, pretrain: `corpus` is missing: name a folder made by"),
        ({"kinds": ["denois"]}, "did you mean 'denoise'"),
        ({"lerning_rate": 1}, "system own, pretrain: unknown setting 'lerning_rate'; did you mean 'learning_rate'"),
        ({"weights": {"analysis": 1.0}}, "system own, pretrain: `weights` has no number for the kind rewriting"),
        ({"seed": 7}, r"pretrain.seed differs by run; set `seeds`"),
    ],
)
def test_a_pretraining_that_cannot_be_is_refused_before_anything_runs(
    own: Own, tmp_path: Path, pretrain: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        benchmark(own(pretrain), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_kind_that_the_corpus_lacks_is_refused_before_anything_runs(own: Own, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    for side in ("train", "dev"):
        table = pq.read_table(tmp_path / "corpus" / f"{side}.parquet")
        kept = [kind != "rating" for kind in table["kind"].to_pylist()]
        pq.write_table(table.filter(kept), tmp_path / "corpus" / f"{side}.parquet")
    with pytest.raises(UserError, match="system own, pretrain: the corpus has no ratings"):
        grid.check(own({"kinds": ["analysis", "rating"]}), tmp_path / "out")


def test_a_pretraining_that_breaks_is_no_cells_own_fault(
    own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For want of memory, say: the other cells of the seed are not begun, or each would break in the same way."""

    def breaks(*_: Any, **__: Any) -> None:
        raise RuntimeError("no memory left")

    monkeypatch.setattr("aspectra.students.pretrain.pretrain", breaks)
    system = own().systems["own"]
    assert isinstance(system, StudentSystem)
    with pytest.raises(pretraining.NotPretrainedError, match="RuntimeError: no memory left"):
        pretraining.start(system, "own", 1, tmp_path / "out", 1)
