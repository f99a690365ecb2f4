"""A cell: what it hangs on, what it records, and that its training is never done twice for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small
from tests.elicit.test_local import write_tiny

from aspectra.benchmark import cells, grid, workers
from aspectra.benchmark.protocol import benchmark
from aspectra.config import BenchmarkConfig
from aspectra.files import sha256
from aspectra.manifest import Stage


def one_student(small: Small, **changes: Any) -> BenchmarkConfig:
    whole = small()
    tiny = {"tiny": whole.systems["tiny"].model_dump()}
    return small(systems=tiny, sets={"atsa": whole.sets["atsa"][:1]}, seeds=[1], **changes)


def one_llm(small: Small, **elicit: Any) -> BenchmarkConfig:
    sets = {"atsa": small().sets["atsa"][:1]}
    return small(systems={"llm": {"kind": "llm", "elicit": elicit}}, sets=sets)


def key(config: BenchmarkConfig) -> str:
    (cell,) = grid.grid(config)
    return cells.stage_of(config, cell, Path(cell.id)).key()


def test_weights_that_were_deleted_are_not_trained_again(small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    benchmark(one_student(small), out)
    (cell,) = (out / "cells").iterdir()
    done = (cell / "manifest.json").stat().st_mtime_ns
    assert (cell / "model" / "config.json").exists()
    benchmark(one_student(small, keep_models=False), out)
    assert (cell / "manifest.json").stat().st_mtime_ns == done, "what is kept is no part of the work"
    assert sorted(path.name for path in cell.iterdir()) == ["manifest.json", "predictions.jsonl", "result.json"]
    benchmark(one_student(small), out)
    assert (cell / "manifest.json").stat().st_mtime_ns == done


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
    monkeypatch.setattr("aspectra.elicit.prompt.versions", lambda _: ("v1", "v2"))
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


def test_what_only_says_how_fast_or_how_dear_makes_no_other_cell(small: Small, tmp_path: Path) -> None:
    prices = {"teacher": "recorded", "model": str(tmp_path / "llm.jsonl"), "price_in": 1.0, "price_out": 1.0}
    one, other = (
        one_llm(small, **prices, max_cost=1.0),
        one_llm(small, **prices, max_cost=9.0, concurrency=2, retries=1),
    )
    assert key(one) == key(other)
    assert key(one) != key(one_llm(small, **prices, temperature=1.0))
