"""What is wrong with a grid is said in one line before anything runs, or is loaded, or is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small

from aspectra.benchmark import grid
from aspectra.errors import UserError
from aspectra.systems import BenchmarkConfig, FileSystem

ASKED: dict[str, Any] = {"model": "m", "base_url": "http://127.0.0.1:9/v1"}


def only(small: Small, task: str, shots: int = 0, **elicit: Any) -> BenchmarkConfig:
    """An LLM alone, on one set."""
    system = {"kind": "llm", "shots": shots, "elicit": elicit}
    return small(systems={"gpt": system}, sets={task: small().sets[task][:1]})


@pytest.mark.parametrize(("task", "shots", "what"), [("acsa", 0, "the categories"), ("atsa", 2, "demonstrations")])
def test_an_llm_that_needs_training_sentences_misses_them_at_once(
    small: Small, tmp_path: Path, task: str, shots: int, what: str
) -> None:
    config = only(small, task, shots, **ASKED)
    for side in ("train", "dev"):
        (tmp_path / task / "inn" / f"{side}.json").unlink()
    with pytest.raises(UserError, match=f"^system gpt: {what} .*train.json, and the set .*inn has none$"):
        grid.check(config, tmp_path / "out")


def test_an_llm_that_needs_none_does_without(small: Small, tmp_path: Path) -> None:
    configs = [only(small, "atsa", **ASKED), only(small, "acsa", **ASKED, categories=["bed general"])]
    for task in ("acsa", "atsa"):
        (tmp_path / task / "inn" / "train.json").unlink()
    for config in configs:
        grid.check(config, tmp_path / "out")


@pytest.mark.parametrize(
    ("shots", "elicit", "told"),
    [
        (0, {"max_cost": 1.0}, "needs the prices"),
        (0, {"key_file": "gone.key"}, "cannot read the key file gone.key"),
        (0, {"base_url": "nowhere"}, "is not an address"),
        (0, {"model": ""}, "--model is missing"),
        (0, {"prompts": {"extraction": "v99"}}, "unknown version of the extraction prompt 'v99'"),
        (0, {"teacher": "recorded", "model": "gone.jsonl"}, "no file of recorded responses gone.jsonl"),
        (0, {"teacher": "local", "model": "gone.gguf"}, "no GGUF file gone.gguf"),
        (99, {}, "shots: 99 is more than the 12 training sentences"),
    ],
)
def test_an_llm_that_cannot_be_asked_is_refused(
    small: Small, tmp_path: Path, shots: int, elicit: dict[str, Any], told: str
) -> None:
    with pytest.raises(UserError, match=told) as caught:
        grid.check(only(small, "atsa", shots, **ASKED | elicit), tmp_path / "out")
    assert str(caught.value).startswith("system gpt: ")


def test_a_local_model_is_looked_at_but_not_loaded(small: Small, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    file = tmp_path / "model.gguf"
    file.write_bytes(b"PK whatever")
    config = only(small, "atsa", teacher="local", model=str(file))
    with pytest.raises(UserError, match="is not a GGUF file"):
        grid.check(config, tmp_path / "out")
    file.write_bytes(b"GGUF" + bytes(100))  # llama.cpp could not load this
    grid.check(config, tmp_path / "out")


def test_a_file_of_each_number_of_shots_is_a_cell_of_its_own(small: Small, tmp_path: Path) -> None:
    named = str(tmp_path / "theirs" / "{task}-{data}-{shots}-{seed}.jsonl")
    theirs = {"kind": "file", "predictions": named}
    config = small(systems={"theirs": theirs}, sets={"atsa": small().sets["atsa"][:1]}, shots=[4, None])
    system = config.systems["theirs"]
    assert isinstance(system, FileSystem)
    found = {(cell.shots, cell.seed): grid.predictions_of(system, cell) for cell in grid.grid(config)}
    assert {key: path.name for key, path in found.items()} == {
        (4, 1): "atsa-inn-4-1.jsonl",
        (4, 2): "atsa-inn-4-2.jsonl",
        (None, 1): "atsa-inn-all-1.jsonl",
        (None, 2): "atsa-inn-all-2.jsonl",
    }
    with pytest.raises(UserError, match=r"no file of predictions .*atsa-inn-4-1\.jsonl"):
        grid.check(config, tmp_path / "out")
    own = small(systems={"theirs": theirs | {"shots": [8], "seeds": [3]}}, sets={"atsa": small().sets["atsa"][:1]})
    assert [(cell.shots, cell.seed) for cell in grid.grid(own)] == [(8, 3)]
    with pytest.raises(UserError, match=r"has no \{shots\}: add it to the name"):
        small(systems={"theirs": theirs | {"predictions": "{data}.jsonl", "shots": [8]}})
    with pytest.raises(UserError, match=r"systems\.theirs\.shots has something twice"):
        small(systems={"theirs": theirs | {"shots": [8, 8]}})
    wrong = small(systems={"theirs": theirs | {"predictions": "{shot}.jsonl"}})
    with pytest.raises(UserError, match=r"only \{task\}, \{data\}, \{seed\} and \{shots\} are filled in"):
        grid.check(wrong, tmp_path / "out")


def test_a_student_may_have_fewer_runs_than_the_others(small: Small, causal: Path) -> None:
    student = {"kind": "student", "student": str(causal)}
    config = small(systems={"tiny": student, "large": student | {"seeds": [2]}}, seeds=[1, 2, 3])
    runs = {name: {cell.seed for cell in grid.cells_of(config, name, one)} for name, one in config.systems.items()}
    assert runs == {"tiny": {1, 2, 3}, "large": {2}}
    with pytest.raises(UserError, match=r"systems\.large\.seeds has something twice"):
        small(systems={"large": student | {"seeds": [2, 2]}})
