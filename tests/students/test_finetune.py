"""Fine-tuning keeps the best epoch, draws its shots by seed, and survives a kill with the same end."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests import forked

from aspectra.benchmark.evaluate import evaluate
from aspectra.config import FinetuneConfig
from aspectra.data import datasets
from aspectra.data.examples import save
from aspectra.errors import UserError
from aspectra.score.predictions import read_predictions
from aspectra.score.scoring import score
from aspectra.students.families import load
from aspectra.students.finetune import finetune
from aspectra.students.writers.decode import predict

SMALL: dict[str, Any] = {
    "task": "atsa",
    "batch_size": 8,
    "learning_rate": 0.02,
    "epochs": 3,
    "bf16": False,
    "device": "cpu",
    "threads": 1,
    "input_tokens": 64,
    "answer_tokens": 32,
    "max_new_tokens": 16,
}

KILLED = """
import json, os, signal, sys
from pathlib import Path
from aspectra.config import FinetuneConfig
from aspectra.students import session
from aspectra.students.finetune import finetune

write = session.Metrics.add

def die(self, line):
    write(self, line)
    if line.get("epoch") == 3:  # judged, logged, but without a checkpoint yet
        os.kill(os.getpid(), signal.SIGKILL)

session.Metrics.add = die
student, settings, out = sys.argv[1:]
finetune(student, FinetuneConfig(**json.loads(settings)), Path(out))
"""


def config(data: Path, **changes: Any) -> FinetuneConfig:
    return FinetuneConfig(**SMALL | {"data": str(data)} | changes)


def test_a_tuned_student_is_scored_like_any_other(student_folder: Path, data: Path, tmp_path: Path) -> None:
    figures = finetune(str(student_folder), config(data), tmp_path / "out")["figures"]
    assert [line["epoch"] for line in figures["dev"]] == [1, 2, 3]
    assert figures["dev_f1"] == max(line["f1"] for line in figures["dev"])
    assert figures["steps"] == 9
    info = load(tmp_path / "out").info
    assert (info["task"], info["marker"], info["labels"]["polarities"][0]) == ("atsa", True, "positive")
    assert not (tmp_path / "out" / "checkpoints").exists()
    scored = evaluate(tmp_path / "out", None, str(data), subsets=("all", "implicit"), scoring=("strict", "paper"))
    assert len(scored["figures"]["rows"]) == 4
    assert scored["figures"]["sentences"] == 10


def test_a_dev_set_that_says_little_and_shots_that_are_not_there_are_told(
    student_folder: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finetune(str(student_folder), config(data, dev_cap=1, epochs=1), tmp_path / "out")
    told = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(told) == 1 and "sentences in dev: 1, too few" in told[0]
    finetune(str(student_folder), config(data, shots=9999, epochs=1), tmp_path / "all")
    assert "9999 shots were asked for, but there are only " in capsys.readouterr().err


def test_a_student_can_learn_its_sentences_by_heart(causal: Path, data: Path, tmp_path: Path) -> None:
    figures = finetune(str(causal), config(data, epochs=60, learning_rate=0.03, eval_every=20), tmp_path / "out")[
        "figures"
    ]
    assert [line["epoch"] for line in figures["dev"]] == [20, 40, 60]
    assert figures["dev_f1"] > 0.8, "a training loop that learns nothing would end near zero"


def test_targets_and_categories_are_learned_together(causal: Path, data: Path, tmp_path: Path) -> None:
    known, tuned = tmp_path / "set", tmp_path / "out"
    known.mkdir()
    for name in ("train", "dev", "test"):
        shutil.copy(data / "train.json", known / f"{name}.json")
    changes = {"task": "tasd", "epochs": 60, "learning_rate": 0.03, "eval_every": 60, "max_new_tokens": 24}
    assert finetune(str(causal), config(known, **changes), tuned)["figures"]["dev_f1"] > 0.8
    info = load(tuned).info
    assert (info["task"], info["labels"]["categories"]) == ("tasd", ["HOTEL#QUALITY"])
    scored = evaluate(
        tuned, None, str(known), scoring=("strict", "paper"), max_new_tokens=24, device="cpu", out=tmp_path / "e"
    )["figures"]
    assert scored["task"] == "tasd"
    rows = read_predictions(tmp_path / "e" / "predictions.jsonl")
    assert score(datasets.split(known, "test"), rows, "tasd").f1 == scored["rows"][0]["f1"] > 0.8
    said = [opinion for row in rows for opinion in row.opinions]
    assert {(o.target, o.start) for o in said} == {(name, 4) for name in ("soup", "bed", "staff", "lift")}
    assert {o.category for o in said} == {"hotel quality"}


@pytest.mark.parametrize(("task", "field"), [("atsa", "target"), ("acsa", "category"), ("tasd", "target")])
def test_a_set_without_what_the_task_is_about_teaches_nothing(
    causal: Path, data: Path, tmp_path: Path, task: str, field: str
) -> None:
    for name in ("train", "dev"):
        examples = [
            replace(e, opinions=tuple(replace(o, **{field: None}) for o in e.opinions))  # type: ignore[arg-type]
            for e in datasets.split(data, name)
        ]
        save(tmp_path / "set" / f"{name}.json", examples)
    with pytest.raises(UserError, match=f"no opinion in .*train.json has a {field}; {task} cannot be learned from it"):
        finetune(str(causal), config(tmp_path / "set", task=task), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_last_epoch_is_kept_without_a_look_at_dev(causal: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    shutil.copy(data / "train.json", tmp_path / "set" / "train.json")
    run = {"keep": "last", "epochs": 3, "save_seconds": 0}
    manifest = finetune(str(causal), config(tmp_path / "set", **run), tmp_path / "out")
    figures = manifest["figures"]
    assert (figures["best_epoch"], figures["dev_f1"], figures["dev_sentences"], figures["dev"]) == (3, None, 0, [])
    assert "dev.json" not in manifest["inputs"]
    assert "dev F1" not in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_the_best_epoch_is_the_one_that_is_saved(causal: Path, data: Path, tmp_path: Path) -> None:
    manifest = finetune(str(causal), config(data, epochs=12, learning_rate=0.04, lora_rank=0), tmp_path / "out")
    dev = datasets.split(data, "dev")
    said = predict(tmp_path / "out", [e.text for e in dev], ids=[e.id for e in dev], device="cpu", max_new_tokens=16)
    assert score(dev, said, "atsa").f1 == manifest["figures"]["dev_f1"]


@pytest.mark.parametrize("lora_rank", [0, 2])
def test_killed_between_judging_and_saving_it_ends_the_same(
    seq2seq: Path, data: Path, tmp_path: Path, lora_rank: int, weights: Callable[[Path], dict[str, Any]]
) -> None:
    import torch

    settings = SMALL | {"data": str(data), "save_seconds": 0, "epochs": 5, "lora_rank": lora_rank}
    out, straight, script = tmp_path / "killed", tmp_path / "straight", tmp_path / "run.py"
    script.write_text(KILLED)
    done = forked.run(script, str(seq2seq), json.dumps(settings), str(out))
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["checkpoint-6"], "one at a time"
    resumed = finetune(str(seq2seq), FinetuneConfig(**settings), out)["figures"]
    undisturbed = finetune(str(seq2seq), FinetuneConfig(**settings), straight)["figures"]
    for key in ("best_epoch", "dev_f1", "dev", "steps"):
        assert resumed[key] == undisturbed[key]
    ours, theirs = weights(out), weights(straight)
    for name, tensor in theirs.items():
        assert torch.equal(tensor, ours[name]), f"{name} is not what an undisturbed run ends with"


def test_shots_and_dev_are_drawn_by_seed(causal: Path, data: Path, tmp_path: Path) -> None:
    figures = finetune(str(causal), config(data, shots=5, dev_cap=3, epochs=1), tmp_path / "out")["figures"]
    assert (figures["train_sentences"], figures["dev_sentences"]) == (5, 3)


def test_fewer_shots_than_accumulated_batches(causal: Path, data: Path, tmp_path: Path) -> None:
    figures = finetune(str(causal), config(data, shots=2, accumulation=4, epochs=1), tmp_path / "out")["figures"]
    assert figures["steps"] == 1


def test_paper_form_of_no_opinion_is_the_empty_answer(seq2seq: Path, data: Path, tmp_path: Path) -> None:
    finetune(str(seq2seq), config(data, empty_answer="", marker=False, epochs=1), tmp_path / "out")
    assert load(tmp_path / "out").info["empty_answer"] == ""


@pytest.mark.parametrize(("name", "message"), [("", "no data given"), ("rest41", "unknown atsa dataset 'rest41'")])
def test_missing_data_leaves_nothing_behind(causal: Path, tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        finetune(str(causal), FinetuneConfig(**SMALL, data=name), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_empty_dev_set_is_named(causal: Path, data: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(data, tmp_path / "inn")
    (folder / "dev.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match=r"inn/dev\.json is empty; a benchmark file is a list of sentences"):
        finetune(str(causal), config(folder), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_student_leaves_nothing_behind(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'smollm2-135m'"):
        finetune("smollm-135m", config(data), tmp_path / "out")
    assert not (tmp_path / "out").exists()
