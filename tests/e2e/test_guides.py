"""The tutorials, typed as they are written."""

from __future__ import annotations

from pathlib import Path

import yaml
from tests.e2e.typed import alike, blocks, type_out

from aspectra.settings import build
from aspectra.systems import BenchmarkConfig


def test_a_model_of_ones_own_is_compared_as_the_page_says(tmp_path: Path) -> None:
    told = type_out("compare.md", tmp_path)
    files, steps = blocks("compare.md")
    for step, said in zip(steps, told, strict=True):
        assert step.shown is None or alike(step.shown, said), said
    assert build(BenchmarkConfig, yaml.safe_load(files["published.yaml"])).shots == (128, None)
