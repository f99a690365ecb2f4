"""A reader's recipe killed in each of its stages ends with the very weights of one that was left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from tests.e2e.killing import ended, kill_when, start
from tests.students.taggers.labels import sentence

from aspectra.data.examples import save

pytestmark = pytest.mark.slow

# What a stage leaves behind while it works, in the order of the stages.
SIGNS = (
    "teacher/model/checkpoints/checkpoint-*",
    "texts/.stage.json",
    "corpus/.stage.json",
    "model/checkpoints/checkpoint-*",
    "export/.stage.json",
    "evaluate/*/.stage.json",
)


def weights(out: Path) -> dict[str, str]:
    names = (
        "teacher/model/model.safetensors",
        "model/model.safetensors",
        "model/heads.safetensors",
        "export/model.onnx",
    )
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}


def test_killed_in_the_middle_it_goes_on_to_the_same_weights(tmp_path: Path, encoder_of: Callable[[str], Path]) -> None:
    for side, numbers in (("train", range(40)), ("dev", range(60, 72))):
        save(tmp_path / "set" / f"{side}.json", [sentence(number) for number in numbers])
    (tmp_path / "t.txt").write_text("\n".join(sentence(n).text for n in range(100, 120)), encoding="utf-8")
    pretrain = {"epochs": 3, "batch_size": 8, "threads": 1, "save_steps": 1, "noisy": 0.5}
    common = {"labels": str(tmp_path / "set"), "corpus": {"min_words": 1}, "pretrain": pretrain}
    teacher = common | {"student": str(encoder_of("bert"))}
    (tmp_path / "teacher.yaml").write_text(yaml.safe_dump(teacher), encoding="utf-8")
    recipe = tmp_path / "recipe.yaml"
    more = {"teacher": "teacher.yaml", "texts": ["t.txt"], "student": {"layers": 1}, "export": {"compute": "float32"}}
    recipe.write_text(yaml.safe_dump(common | more), encoding="utf-8")
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    ended(start("run", str(recipe), "--out", str(calm)))
    again = ("run", str(recipe), "--out", str(killed))
    for sign in SIGNS:
        kill_when(start(*again), killed, sign)
    ended(start(*again))
    assert weights(killed) == weights(calm)
