"""Every config that the repository has is one that its command takes: a setting renamed breaks none unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.elicit.prompt import read_demonstrations
from aspectra.recipes import RunConfig
from aspectra.settings import build, read_yaml
from aspectra.systems import BenchmarkConfig

CONFIGS = Path(__file__).parents[1] / "configs"


@pytest.mark.parametrize("file", sorted(CONFIGS.rglob("*.yaml")), ids=lambda file: str(file.relative_to(CONFIGS)))
def test_a_config_is_taken_by_its_command(file: Path) -> None:
    values = read_yaml(file)
    if isinstance(values["systems"], dict):
        benchmark = build(BenchmarkConfig, values)
        assert benchmark.sets and benchmark.seeds
    else:
        assert "base" in build(RunConfig, values).systems


def test_demonstrations_of_the_distillation_are_read() -> None:
    shown = read_demonstrations(CONFIGS / "distillation" / "demonstrations.jsonl")
    assert {each.kind for each in shown} >= {"analysis", "rewriting"}
