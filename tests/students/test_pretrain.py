"""Pretraining from a corpus folder to a model folder; killed in the middle it ends with the same weights."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from tests import forked

from aspectra.config import PretrainConfig
from aspectra.errors import UserError
from aspectra.progress import Bar
from aspectra.readers.opening import untaught_folder
from aspectra.students.families import load
from aspectra.students.pretrain import pretrain

SMALL: dict[str, Any] = {
    "batch_size": 8,
    "learning_rate": 0.01,
    "input_tokens": 96,
    "answer_tokens": 96,
    "bf16": False,
    "device": "cpu",
    "threads": 1,
    "save_steps": 2,
    "epochs": 2,
}

KILLED = """
import json, os, signal, sys
from pathlib import Path
from transformers import Trainer
from aspectra.config import PretrainConfig
from aspectra.students.pretrain import pretrain

whole = Trainer._save_optimizer_and_scheduler

def half(self, folder):
    # The weights of this checkpoint are on disk, its optimizer is not: the machine goes down here.
    if self.state.global_step == {step}:
        os.kill(os.getpid(), signal.SIGKILL)
    whole(self, folder)

Trainer._save_optimizer_and_scheduler = half
corpus, student, settings, out = sys.argv[1:]
pretrain(Path(corpus), student, PretrainConfig(**json.loads(settings)), Path(out))
"""


def test_a_student_learns_and_its_folder_says_how(student_folder: Path, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = pretrain(corpus, str(student_folder), PretrainConfig(**SMALL, kinds=("analysis", "rating")), out)
    figures = manifest["figures"]
    assert figures["steps"] == 10, "40 rows in batches of 8, twice"
    for kind in ("analysis", "rating"):
        assert figures["held_out"][kind]["after"] < figures["held_out"][kind]["before"]
    assert figures["cut"] == {"inputs": 0, "answers": 0}
    assert not (out / "checkpoints").exists()
    assert not (out / ".stage.json").exists()
    lines = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [lines[0]["step"], lines[-1]["step"]] == [0, 10]
    assert sum(line.get("answer_tokens", 0) for line in lines) == figures["answer_tokens"] > 0
    assert load(out).info["kinds"] == ["analysis", "rating"]
    before = (out / "model.safetensors").stat().st_mtime_ns
    again = pretrain(corpus, str(student_folder), PretrainConfig(**SMALL, kinds=("analysis", "rating")), out)
    assert again == manifest, "done already: nothing is trained again"
    assert (out / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("change", [{"lora_rank": 0}, {"lora_rank": 4, "save_steps": 1000, "save_seconds": 0}])
def test_killed_while_writing_a_checkpoint_it_ends_with_the_same_weights(
    seq2seq: Path, corpus: Path, tmp_path: Path, change: dict[str, Any], weights: Callable[[Path], dict[str, Any]]
) -> None:
    import torch

    settings = SMALL | change | {"seed": 9}
    out, straight = tmp_path / "killed", tmp_path / "straight"
    script = tmp_path / "run.py"
    script.write_text(KILLED.format(step=8))
    done = forked.run(script, str(corpus), str(seq2seq), json.dumps(settings), str(out))
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    assert not (out / "manifest.json").exists()
    assert (out / "checkpoints" / "checkpoint-8").exists(), "half a checkpoint lies there"
    figures = pretrain(corpus, str(seq2seq), PretrainConfig(**settings), out)["figures"]
    undisturbed = pretrain(corpus, str(seq2seq), PretrainConfig(**settings), straight)["figures"]
    ours, theirs = weights(out), weights(straight)
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), f"{name} is not what an undisturbed run ends with"
    for key in ("held_out", "answer_tokens", "steps"):
        assert figures[key] == undisturbed[key]
    lines = [json.loads(line)["step"] for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert lines == sorted(set(lines)), "no step is logged twice"


def test_a_writer_has_no_bar_for_sentences_that_nobody_reads(
    causal: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.students import crew

    shown: list[str] = []

    def progress(label: str, total: float | None) -> nullcontext[Bar]:
        shown.append(label)
        return nullcontext(Bar(label, total))

    monkeypatch.setattr(crew, "progress", progress)
    pretrain(corpus, str(causal), PretrainConfig(**SMALL | {"epochs": 1, "max_steps": 1}), tmp_path / "out")
    assert "pretrain" in shown and not [label for label in shown if "held-out sentences" in label]


def test_adapters_are_merged_into_a_plain_model(causal: Path, corpus: Path, tmp_path: Path) -> None:
    config = PretrainConfig(**SMALL | {"lora_rank": 4, "epochs": 1})
    pretrain(corpus, str(causal), config, tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert "model.safetensors" in names
    assert not any(name.startswith("adapter") for name in names)
    assert load(tmp_path / "out").parameters == load(causal).parameters


def test_denoise_has_the_teachers_steps_and_tokens(student_folder: Path, corpus: Path, tmp_path: Path) -> None:
    settings = SMALL | {"epochs": 1}
    teacher = pretrain(corpus, str(student_folder), PretrainConfig(**settings), tmp_path / "teacher")["figures"]
    control = pretrain(
        corpus, str(student_folder), PretrainConfig(**settings, kinds=("denoise",)), tmp_path / "control"
    )["figures"]
    assert control["steps"] == teacher["steps"]
    assert abs(control["answer_tokens"] / teacher["answer_tokens"] - 1) < 0.05


def test_max_steps_and_newline_token(seq2seq: Path, corpus: Path, tmp_path: Path) -> None:
    config = PretrainConfig(**SMALL | {"max_steps": 3, "newline_token": True, "optimizer": "adamw_rms"})
    figures = pretrain(corpus, str(seq2seq), config, tmp_path / "out")["figures"]
    assert figures["steps"] == 3
    assert "[NL]" in load(tmp_path / "out").tokenizer.get_vocab()


def test_long_reviews_are_cut_and_counted(causal: Path, corpus: Path, tmp_path: Path) -> None:
    config = PretrainConfig(**SMALL | {"input_tokens": 12, "answer_tokens": 8, "max_steps": 1})
    cut = pretrain(corpus, str(causal), config, tmp_path / "out")["figures"]["cut"]
    assert cut["inputs"] > 0 < cut["answers"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"kinds": ("analysis",), "weights": {"analysis": 1.0, "ratings": 1.0}},
            "did you mean|unknown kind in weights",
        ),
        ({"lora_rank": 4, "newline_token": True}, "needs all weights"),
        ({"device": "mps"}, "this machine has no device mps; it has: cpu"),
    ],
)
def test_settings_that_cannot_be_leave_nothing_behind(
    causal: Path, corpus: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        pretrain(corpus, str(causal), PretrainConfig(**SMALL | changes), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_kind_that_the_corpus_lacks_is_said(causal: Path, corpus: Path, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    poor = tmp_path / "poor"
    poor.mkdir()
    for side in ("train", "dev"):
        table = pq.read_table(corpus / f"{side}.parquet")
        kept = [kind == "analysis" for kind in table["kind"].to_pylist()]
        pq.write_table(table.filter(kept), poor / f"{side}.parquet")
    with pytest.raises(UserError, match=r"unknown kind in this corpus 'rewriting'.*analysis"):
        pretrain(poor, str(causal), PretrainConfig(**SMALL), tmp_path / "out")
    for side in ("train", "dev"):
        pq.write_table(pq.read_table(poor / f"{side}.parquet").slice(0, 0), poor / f"{side}.parquet")
    with pytest.raises(UserError, match=r"no text for a writer to learn.*train a tagger"):
        pretrain(poor, str(causal), PretrainConfig(**SMALL), tmp_path / "out")


def test_a_full_disk_is_said_and_the_run_goes_on_when_there_is_room(causal: Path, corpus: Path, tmp_path: Path) -> None:
    """On a real file system of 200 kB, the model being larger than what is left."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("needs the right to mount a small file system")
    try:
        config = PretrainConfig(**SMALL | {"epochs": 1})
        ballast = disk / "ballast"
        ballast.write_bytes(b"x" * 180_000)
        with pytest.raises(UserError, match="the disk is full"):
            pretrain(corpus, str(causal), config, disk / "out")
        assert not (disk / "out" / "manifest.json").exists()
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        assert pretrain(corpus, str(causal), config, disk / "out")["figures"]["steps"] == 5
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_corpus_of_empty_reviews_leaves_nothing_behind(causal: Path, tmp_path: Path) -> None:
    """Found out only when the rows are made, after the folder was claimed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for side in ("train", "dev"):
        row = {"review_id": "1", "kind": "analysis", "input": " ", "output": "nothing"}
        pq.write_table(pa.Table.from_pylist([row]), tmp_path / f"{side}.parquet")
    with pytest.raises(UserError, match="no reviews to denoise"):
        pretrain(tmp_path, str(causal), PretrainConfig(**SMALL | {"kinds": ("denoise",)}), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_is_left_alone(causal: Path, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match="has other files"):
        pretrain(corpus, str(causal), PretrainConfig(**SMALL), out)
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_a_training_that_diverges_ends_in_one_line_and_leaves_no_student(
    student_folder: Path, corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UserError, match="the training diverged: its loss is not a number; use a lower learning_rate"):
        pretrain(corpus, str(student_folder), PretrainConfig(**SMALL | {"learning_rate": 1e8, "epochs": 6}), out)
    assert not (out / "manifest.json").exists() and not list(out.glob("*.safetensors"))


def test_a_student_of_a_student_that_saw_labels_says_so(student_folder: Path, corpus: Path, tmp_path: Path) -> None:
    tuned = tmp_path / "tuned"
    shutil.copytree(student_folder, tuned)
    info = json.loads((tuned / "aspectra.json").read_text()) if (tuned / "aspectra.json").is_file() else {}
    (tuned / "aspectra.json").write_text(json.dumps(info | {"task": "atsa"}))
    for source, name in ((tuned, "once"), (tmp_path / "once", "twice")):
        pretrain(corpus, str(source), PretrainConfig(**SMALL | {"max_steps": 1}), tmp_path / name)
        with pytest.raises(UserError, match=r"was fine-tuned on labeled sentences \(atsa\), or made from one that was"):
            untaught_folder(str(tmp_path / name))
