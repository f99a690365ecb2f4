"""Callbacks that evaluate and save during training: every few steps in pretraining, every epoch in fine-tuning.

Called by `pretrain` and `finetune`. Importing this module imports transformers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from transformers import TrainerCallback

from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.progress import Bar, say
from aspectra.students.crew import Crew
from aspectra.students.session import Metrics
from aspectra.students.trainer import StudentTrainer
from aspectra.students.tuner import Tuner

LOOK = 10  # optimizer steps between two lines of metrics.jsonl


class Steps(TrainerCallback):
    """Every few steps: logs loss, rate and tokens, and the held-out loss (`look`) if it is due; checkpoints by time."""

    def __init__(
        self,
        trainer: StudentTrainer,
        config: PretrainConfig,
        log: Metrics,
        look: Callable[[Callable[[int], None]], dict[str, float]],
        bar: Bar,
        crew: Crew,
    ) -> None:
        self.trainer, self.config, self.log, self.look, self.bar, self.crew = trainer, config, log, look, bar, crew
        self.saved = self.since = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved = self.since = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        step, last = state.global_step, state.global_step >= state.max_steps
        if last and step % self.config.save_steps:
            # The trainer would save once more at the end, just before the model itself is written.
            control.should_save = False
        elif not control.should_save:
            control.should_save = self.crew.first(lambda: time.monotonic() - self.saved >= self.config.save_seconds)
        if control.should_save:
            self.saved = time.monotonic()
        due = last or (self.config.eval_steps and step % self.config.eval_steps == 0)
        if not (due or control.should_save or step % LOOK == 0):
            self.bar.advance()
            return
        losses, tokens = self.trainer.take(self.crew)
        now = time.monotonic()
        line: dict[str, Any] = {
            "step": step,
            "epoch": round(state.epoch or 0.0, 4),
            "loss": losses,
            "learning_rate": self.trainer._get_learning_rate(),
            "answer_tokens": tokens,
            "seconds": round(now - self.since, 3),
        }
        speed = tokens / max(now - self.since, 1e-9)
        if due:
            line["held_out"] = self.look(lambda _: self.bar.show())
        self.log.add(line)
        self.since = time.monotonic()
        shown = ", ".join(f"{kind} {loss:.3f}" for kind, loss in losses.items())
        self.bar.advance(1, f"loss: {shown}; {speed:.0f} {self.trainer.student.counted}/s")


class Epochs(TrainerCallback):
    """After each epoch: logs the loss, and strict scores on dev when they are due; checkpoints by time."""

    def __init__(self, trainer: Tuner, config: FinetuneConfig, log: Metrics, bar: Bar, crew: Crew) -> None:
        self.trainer, self.config, self.log, self.bar, self.crew = trainer, config, log, bar, crew
        self.saved = self.since = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.saved = self.since = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.bar.advance()

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        epoch, last = math.ceil(state.epoch - 1e-6), state.global_step >= state.max_steps
        now = time.monotonic()
        losses, tokens = self.trainer.take(self.crew)
        line = {
            "step": state.global_step,
            "epoch": epoch,
            "loss": sum(losses.values()),
            "answer_tokens": tokens,
            "seconds": round(now - self.since, 3),
        }
        if self.config.keep == "last":
            self.trainer.best = {"epoch": epoch, "f1": None}
        elif last or epoch % self.config.eval_every == 0:
            line["dev"] = self.trainer.judge(epoch)
            line["dev_seconds"] = round(time.monotonic() - now, 3)
            f1 = f"dev F1 {100 * line['dev']['f1']:.2f}"
            self.bar.advance(0, f"{f1} after epoch {epoch}")
            if self.crew.leads:
                say(f"finetune: epoch {epoch}, loss {line['loss']:.3f}, {f1}")
        self.log.add(line)
        self.since = time.monotonic()
        due = self.crew.first(lambda: self.since - self.saved >= self.config.save_seconds)
        # Before the first scores on dev there is no best epoch for a checkpoint to hold.
        known = self.config.keep == "last" or self.trainer.weights_of_best
        control.should_save = bool(due and not last and known)
        if control.should_save:
            self.saved = self.since
