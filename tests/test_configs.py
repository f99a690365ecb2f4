"""Every config that the repository has is one that its command takes: a setting renamed breaks none unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.benchmark import pretraining
from aspectra.elicit.prompt import read_demonstrations
from aspectra.pipeline import reader
from aspectra.recipes import RunConfig
from aspectra.settings import build, read_yaml
from aspectra.systems import BenchmarkConfig, StudentSystem

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.mark.parametrize("file", sorted(CONFIGS.rglob("*.yaml")), ids=lambda file: str(file.relative_to(CONFIGS)))
def test_a_config_is_taken_by_its_command(file: Path) -> None:
    values = read_yaml(file)
    if "labels" in values:
        assert reader.training(reader.opened(file)).epochs
    elif isinstance(values["systems"], dict):
        benchmark = build(BenchmarkConfig, values)
        assert benchmark.sets and benchmark.seeds
        for system in benchmark.systems.values():
            if isinstance(system, StudentSystem) and system.pretrain:
                assert pretraining.corpus(system) and pretraining.settings(system, 1).epochs
    else:
        assert "base" in build(RunConfig, values).systems


@pytest.mark.parametrize("name", ["reader-en", "reader-en-teacher"])
def test_the_shipped_reader_hangs_on_nothing_that_lies_beside_the_repository(name: str) -> None:
    config = reader.opened(CONFIGS / f"{name}.yaml")
    assert {config.labels, *config.dev, *config.corpus.evaluation} <= {"reviews-en", "hotels"}
    begins = config.student if isinstance(config.student, str) else config.student.of
    lent = config.export.meanings if config.export else None
    assert {begins, lent} <= {"minilm-l6", "mpnet-base", "teacher", None}, "pinned by hash, Apache-2.0"
    assert all("/data/reviews-en/texts/unlabeled/" in text for text in config.texts)
    made = reader.recipe(config.teacher)
    assert (made is None) == (name == "reader-en-teacher")


def test_demonstrations_of_the_distillation_are_read() -> None:
    shown = read_demonstrations(CONFIGS / "distillation" / "demonstrations.jsonl")
    assert {each.kind for each in shown} >= {"analysis", "rewriting", "extraction"}
