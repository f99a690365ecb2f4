"""`configs/paper.yaml`, every step of it, with a tiny generated T5 and invented sets under the published names."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.benchmark.conftest import ready, sentence
from tests.chain import config_text

from aspectra.benchmark.protocol import benchmark
from aspectra.cli.main import run
from aspectra.config import FinetuneConfig
from aspectra.data.examples import save
from aspectra.places import config_file
from aspectra.presets import FINETUNE_PRESETS
from aspectra.settings import build, load
from aspectra.systems import BenchmarkConfig

__all__ = ["ready"]  # its workers need not import torch anew

SETS = {"atsa": ["rest14", "laptop14"], "acsa": ["rest16", "laptop16"]}


def test_its_settings_are_the_preset_and_the_papers_grid() -> None:
    config = load(BenchmarkConfig, config_file("paper"))
    assert config.finetune == build(FinetuneConfig, FINETUNE_PRESETS["paper"])
    assert config.seeds == (42, 52, 62, 72, 82, 142, 152, 162, 172, 182)
    assert {task: list(sets) for task, sets in config.sets.items()} == SETS
    assert config.test_cap is None and config.shots == (None,)


def test_every_step_of_it_runs(tmp_path: Path, seq2seq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASPECTRA_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    for task, names in SETS.items():
        for name in names:
            sides = {"train": range(12), "dev": range(12, 16), "test": range(16, 22), "hard_test": range(22, 28)}
            for side, numbers in sides.items():
                save(tmp_path / "data" / task / name / f"{side}.json", [sentence(n, name) for n in numbers])
    chain = yaml.safe_load(config_text(tmp_path / "chain", seq2seq))
    said = ["--teacher", "recorded", "--model", chain["elicit"]["model"]]
    assert run(["elicit", chain["reviews"], *said, "--out", "runs/responses"]) == 0
    assert run(["corpus", "runs/responses", "--evaluation", "atsa/rest14", "--out", "runs/paper/corpus"]) == 0
    pretrain = ["pretrain", "runs/paper/corpus", "--student", str(seq2seq), "--preset", "paper"]
    small = ["--set", "max_steps=2", "--set", "accumulation=1", "--set", "batch_size=4", "--set", "threads=1"]
    assert run([*pretrain, *small, "--out", "runs/paper/student"]) == 0
    changes = [f"systems.base.student={seq2seq}", "finetune.epochs=1", "finetune.max_new_tokens=4", "seeds=[42]"]
    config = load(BenchmarkConfig, config_file("paper"), [*changes, "finetune.threads=1"])
    results = benchmark(config, Path(config.out), 1)
    assert results["missing"] == []
    assert len(results["cells"]) == 2 * 4
    subsets = {score["subset"] for cell in results["cells"] for score in cell["scores"]}
    assert subsets == {"all", "implicit", "multi"}
    assert {(c["one"], c["other"]) for c in results["comparisons"]} == {("distilled", "base")}
    assert not list(Path(config.out).glob("cells/*/model/*.safetensors")), "keep_models is false there"
