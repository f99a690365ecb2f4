"""A cell: what it hangs on, what it records, and that its training is never done twice for nothing."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small
from tests.teachers.test_local import counted_loads, write_tiny

from aspectra.benchmark import cells, grid, workers
from aspectra.benchmark.protocol import benchmark
from aspectra.elicit import prompt
from aspectra.files import sha256, write_json
from aspectra.manifest import Stage
from aspectra.systems import BenchmarkConfig


def one_student(small: Small, **changes: Any) -> BenchmarkConfig:
    whole = small()
    tiny = {"tiny": whole.systems["tiny"].model_dump()}
    return small(**{"systems": tiny, "sets": {"atsa": whole.sets["atsa"][:1]}, "seeds": [1], **changes})


def one_llm(small: Small, **elicit: Any) -> BenchmarkConfig:
    sets = {"atsa": small().sets["atsa"][:1]}
    return small(systems={"llm": {"kind": "llm", "elicit": elicit}}, sets=sets)


def key(config: BenchmarkConfig) -> str:
    (cell,) = grid.grid(config)
    return cells.stage_of(config, cell, Path(cell.id)).key()


def test_each_run_decides_on_the_weights_of_its_own_cells(small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    benchmark(one_student(small), out)
    (cell,) = (out / "cells").iterdir()
    done = (cell / "manifest.json").stat().st_mtime_ns
    benchmark(one_student(small, keep_models=False, seeds=[1, 2]), out)
    assert (cell / "manifest.json").stat().st_mtime_ns == done, "what is kept is no part of the work"
    assert (cell / "model" / "config.json").exists(), "an earlier run wanted it"
    (other,) = (path for path in (out / "cells").iterdir() if path != cell)
    bare = ["manifest.json", "predictions.jsonl", "result.json"]
    assert sorted(path.name for path in other.iterdir()) == bare
    shutil.rmtree(cell / "model")
    benchmark(one_student(small), out)
    assert (cell / "manifest.json").stat().st_mtime_ns == done, "weights that were deleted are not trained again"


@pytest.mark.parametrize("keep", [True, False])
def test_a_kill_before_the_weights_have_their_name_is_mended_as_that_run_wanted(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    config = one_student(small, keep_models=keep)
    (cell,) = grid.grid(config)
    folder = tmp_path / "out" / "cells" / cell.id
    with monkeypatch.context() as patch:
        patch.setattr(cells, "settle", killed)
        with pytest.raises(KeyboardInterrupt):
            cells.work(config, cell, tmp_path / "out", cells.Held(), 1)
    assert (folder / cells.TUNED).exists()
    write_json(tmp_path / "out" / "benchmark.json", config.model_dump(mode="json"))
    benchmark(one_student(small, keep_models=not keep), tmp_path / "out")
    assert (folder / cells.MODEL / "config.json").exists() is keep
    assert not (folder / cells.TUNED).exists()


def test_a_kill_before_the_cells_end_loses_no_training(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: Stage, figures: dict[str, Any]) -> dict[str, Any]:
        if self.name == "cell":
            raise KeyboardInterrupt
        return finish(self, figures)

    finish, config = Stage.finish, one_student(small, keep_models=False, finetune={"epochs": 1, "max_new_tokens": 4})
    (cell,) = grid.grid(config)
    with monkeypatch.context() as patch:
        patch.setattr(Stage, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            cells.work(config, cell, tmp_path, cells.Held(), 1)
    (trained,) = tmp_path.rglob("model.safetensors")
    made = trained.stat().st_mtime_ns
    kept = config.model_copy(update={"keep_models": True})
    result = cells.work(kept, cell, tmp_path, cells.Held(), 2)
    model = tmp_path / "cells" / cell.id / "model" / "model.safetensors"
    assert model.stat().st_mtime_ns == made, "not trained again, though with another number of threads"
    assert result.threads == 2


def test_threads_are_settled_once_and_are_no_part_of_the_work(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert [workers.threads_of(count) for count in (1, 3, 20)] == [8, 2, 1]
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert workers.threads_of(2) == 3
    assert key(one_student(small, finetune={"threads": 1})) == key(one_student(small, finetune={"threads": 4}))


def test_a_students_own_number_of_threads_is_the_one_recorded(small: Small, tmp_path: Path) -> None:
    config = one_student(small, finetune={"epochs": 1, "max_new_tokens": 4, "threads": 1})
    (cell,) = grid.grid(config)
    result = cells.work(config, cell, tmp_path, cells.Held(), 2)
    assert result.threads == 1
    assert result.inputs["student"] and "train.json" in result.inputs and "threads" not in result.settings


def test_an_llms_cell_hangs_on_the_version_of_its_prompt(
    small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = one_llm(small, teacher="recorded", model=str(tmp_path / "llm.jsonl"))
    (cell,) = grid.grid(config)
    before = key(config)
    assert cells.work(config, cell, tmp_path / "out", cells.Held(), 1).settings["prompt"] == "v1"
    monkeypatch.setitem(prompt.DEFAULT, "extraction", "v2")
    assert key(config) != before


def test_an_llms_cell_hangs_on_every_byte_of_its_weights(small: Small, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    model = write_tiny(tmp_path / "tiny.gguf")
    config = one_llm(small, teacher="local", model=str(model), max_tokens=4, concurrency=1)
    (cell,) = grid.grid(config)
    result = cells.work(config, cell, tmp_path / "out", cells.Held(), 1)
    assert result.inputs["model"] == sha256(model)
    before, weights = key(config), bytearray(model.read_bytes())
    moved = write_tiny(tmp_path / "elsewhere.gguf")
    assert key(one_llm(small, teacher="local", model=str(moved), max_tokens=4, concurrency=1)) == before
    weights[-1] ^= 1
    model.write_bytes(weights)
    assert key(config) != before


def test_a_worker_loads_a_local_llm_once_for_all_its_cells(
    small: Small, tmp_path: Path, causal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = counted_loads(monkeypatch)
    elicit = {"teacher": "local", "model": str(write_tiny(tmp_path / "tiny.gguf")), "max_tokens": 4, "concurrency": 2}
    systems = {name: {"kind": "llm", "shots": n, "elicit": elicit} for name, n in (("zero", 0), ("two", 2))}
    config = small(systems=systems, sets={"atsa": small().sets["atsa"]})
    grid.check(config, tmp_path / "out")
    assert loads == []
    with contextlib.closing(cells.Held()) as held:
        results = [cells.work(config, cell, tmp_path / "out", held, 1) for cell in grid.grid(config)]
        assert len(results) == 6 and all(result.cost.tokens_out for result in results)
        assert len(loads) == 1, "two sets, three prompts, one model"
        held.get(str(causal))
        assert held.teacher is None, "there is room for one"


def test_what_only_says_how_fast_or_how_dear_makes_no_other_cell(small: Small, tmp_path: Path) -> None:
    prices = {"teacher": "recorded", "model": str(tmp_path / "llm.jsonl"), "price_in": 1.0, "price_out": 1.0}
    one, other = (
        one_llm(small, **prices, max_cost=1.0),
        one_llm(small, **prices, max_cost=9.0, concurrency=2, retries=1),
    )
    assert key(one) == key(other)
    assert key(one) != key(one_llm(small, **prices, temperature=1.0))
