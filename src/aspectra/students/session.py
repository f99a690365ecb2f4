"""What a training run needs besides its data: trainer settings, checkpoints to resume from, a log of metrics.

Called by `pretrain` and `finetune`.
"""

from __future__ import annotations

import atexit
import json
import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import TrainingArguments

from aspectra import machine
from aspectra.config import TrainingConfig
from aspectra.errors import AspectraError, UserError
from aspectra.files import write_text
from aspectra.students.crew import Crew, part
from aspectra.students.families import load
from aspectra.students.memory import keep_freed_memory
from aspectra.students.student import Student

CHECKPOINTS = "checkpoints"
METRICS = "metrics.jsonl"
SCANT = 1 << 16  # bytes: with less free space, a failed write is reported as a full disk


def prepare(config: TrainingConfig, out: Path, **others: Any) -> TrainingArguments:
    """The trainer's settings. Sets threads and seed, and joins the other processes if there are any.

    Raises UserError if the device is not available, and under FSDP.
    """
    if os.environ.get("ACCELERATE_USE_FSDP", "").lower() == "true":
        # The leading process writes the weights, but would have only a part of each.
        raise UserError("FSDP is not supported: use torchrun (docs/scale.md)")
    place = machine.device(config.device)
    machine.use_threads(config.threads)
    if place == "cpu":
        keep_freed_memory()
    arguments = TrainingArguments(
        output_dir=str(out / CHECKPOINTS),
        per_device_train_batch_size=config.batch_size,
        gradient_accumulation_steps=config.accumulation,
        max_grad_norm=config.clip,
        learning_rate=config.learning_rate,
        seed=config.seed,
        use_cpu=place == "cpu",
        ddp_backend="gloo" if place == "cpu" and Crew().processes > 1 else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=False,
        remove_unused_columns=False,
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
        log_level="error",
        log_level_replica="error",
        **others,
    )
    # Several GPUs need torchrun: DataParallel in one process would be slower.
    arguments._n_gpu = min(1, arguments.n_gpu)
    _ = arguments.device  # joins the other processes
    if Crew().processes > 1:
        atexit.register(part)
    random.seed(config.seed)
    torch.manual_seed(config.seed)
    return arguments


def open_student(source: Path | Student, config: TrainingConfig, newline_token: bool = False) -> Student:
    """The student to train, from its folder or a copy of one in memory, with adapters if `lora_rank` is set."""
    if config.lora_rank and newline_token:
        raise UserError("newline_token needs all weights (lora_rank=0): an adapter cannot learn a new token")
    student = load(source, newline_token) if isinstance(source, Path) else source.copied()
    if config.dropout is not None:
        set_dropout(student.model, config.dropout)
    if config.lora_rank:
        student.adapt(config.lora_rank)
    return student


def set_dropout(model: torch.nn.Module, share: float) -> None:
    """Set the dropout of every layer except a tagger's heads. Some models keep the rate in an attribute."""
    for name, module in model.named_modules():
        if name.startswith("heads."):
            continue
        if isinstance(module, torch.nn.Dropout):
            module.p = share
        for each in ("dropout", "attention_dropout"):
            if isinstance(getattr(module, each, None), float):
                setattr(module, each, share)


def last_checkpoint(folder: Path, processes: int) -> Path | None:
    """The newest complete checkpoint; incomplete ones are removed.

    The trainer writes its state last, after the weights and the optimizer.
    """
    whole: dict[int, Path] = {}
    for path in (folder / CHECKPOINTS).glob("checkpoint-*"):
        try:
            step = json.loads((path / "trainer_state.json").read_text(encoding="utf-8"))["global_step"]
        except (OSError, ValueError, KeyError):
            shutil.rmtree(path)
            continue
        states = len(list(path.glob("rng_state*.pth")))
        if states == processes:
            whole[step] = path
    return whole[max(whole)] if whole else None


def resumed(out: Path, crew: Crew, going_on: bool) -> tuple[Path | None, Metrics]:
    """(the checkpoint to resume from, if there is one; the log without the lines after it)."""
    checkpoint = crew.first(lambda: last_checkpoint(out, crew.processes)) if going_on else None
    return checkpoint, Metrics(out, crew.leads, step_of(checkpoint) if checkpoint else None)


@contextmanager
def room_for(folder: Path) -> Iterator[None]:
    """Turn the various errors that torch and safetensors raise on a full disk into one that says so."""
    try:
        yield
    except (SafetensorError, RuntimeError, OSError) as error:
        if isinstance(error, AspectraError) or (
            "No space left" not in str(error) and shutil.disk_usage(folder).free > SCANT
        ):
            raise
        raise UserError(
            f"the disk is full: {folder} was not written; free some space and run again to go on from the last "
            "checkpoint"
        ) from None


def step_of(checkpoint: Path) -> int:
    """The number of optimizer steps before a checkpoint."""
    return int(checkpoint.name.rpartition("-")[2])


def run(trainer: Any, checkpoint: Path | None, steps: int) -> None:
    """Train up to `steps` optimizer steps, from a checkpoint or from the beginning."""
    if checkpoint is not None and step_of(checkpoint) >= steps:
        # The trainer would take one more step.
        trainer._load_from_checkpoint(str(checkpoint))
        trainer.state.global_step = step_of(checkpoint)
        return
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)


class Metrics:
    """`metrics.jsonl`: one line each time, flushed at once. A resumed run drops the lines after its checkpoint."""

    def __init__(self, folder: Path, leads: bool, upto: int | None = None) -> None:
        self.path, self.leads = folder / METRICS, leads
        self.lines: list[dict[str, Any]] = []
        if upto is not None and self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    value = json.loads(line)
                except ValueError:
                    break
                if value["step"] <= upto:
                    self.lines.append(value)
        if leads:
            write_text(self.path, "".join(json.dumps(line) + "\n" for line in self.lines))

    def add(self, line: dict[str, Any]) -> None:
        """Append a line and write it."""
        self.lines.append(line)
        if self.leads:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")

    def sum(self, key: str) -> float:
        """The sum of a number over the lines that have it."""
        return float(sum(line.get(key, 0) for line in self.lines))
