"""transformers' Trainer with our objective, optimizer, batches and bfloat16.

Called by `pretrain` and, as `tuner`, by `finetune`. Importing this module imports torch and transformers.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any, cast

import torch
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback, TrainerCallback

from aspectra.config import TrainingConfig
from aspectra.machine import autocast
from aspectra.students.batches import Batches, Loader
from aspectra.students.crew import Crew
from aspectra.students.memory import give_back_freed_memory
from aspectra.students.objective import Weights, by_kind, coefficients, weigh
from aspectra.students.optimizer import create, schedule
from aspectra.students.student import Rows, Student, diverged

TIDY = 10.0  # seconds


class Tidy(TrainerCallback):
    """Returns freed memory, which `memory.keep_freed_memory` keeps, from time to time. Only on a CPU.

    By time, not by steps: the gaps grow with the size of the rows, as step times and the cost of new pages do. 54 steps
    of 16 rows of up to 768 tokens used 16.4 GB with it at every tenth step and 11.5 GB with it at every step, for 6 %
    more processor time.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() - self._last >= TIDY:
            give_back_freed_memory()
            self._last = time.monotonic()


class StudentTrainer(Trainer):
    """transformers' Trainer with our objective, optimizer, batches and bfloat16; it prints nothing.

    `tokens` and `losses` are the answer tokens and their summed loss by kind since the last `take`.
    """

    def __init__(
        self,
        student: Student,
        rows: Rows,
        batches: Batches,
        config: TrainingConfig,
        arguments: TrainingArguments,
        weights: Weights = "proportional",
        **others: Any,
    ) -> None:
        self.student, self.rows, self.config, self.batches = student, rows, config, batches
        self.weights = weigh(weights, rows.kinds)
        self.kinds = rows.kinds
        super().__init__(
            model=student.model,
            args=arguments,
            train_dataset=rows,
            data_collator=student.collate,
            processing_class=student.tokenizer,
            **others,
        )
        self.loss_is_scaled_for_ga = True
        self.tokens = torch.zeros(len(self.kinds), device=arguments.device)
        self.losses = torch.zeros(len(self.kinds), device=arguments.device)
        self.remove_callback(PrinterCallback)
        self.remove_callback(ProgressCallback)
        if arguments.device.type == "cpu":
            self.add_callback(Tidy())

    def get_train_dataloader(self) -> Any:
        return Loader(cast(Any, self.rows), batch_sampler=self.batches, collate_fn=self.data_collator)

    def create_optimizer(self, model: Any = None) -> Any:
        if self.optimizer is None:
            self.optimizer = create(self.model if model is None else model, self.config, self.student.fresh)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        if self.lr_scheduler is None:
            chosen: Any = optimizer or self.optimizer
            inner = getattr(chosen, "optimizer", chosen)  # accelerate may have wrapped it
            self.lr_scheduler = schedule(inner, self.config, num_training_steps)
        return self.lr_scheduler

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """The batches of one optimizer step, and the answer tokens of each kind in all of them, over all processes."""
        samples = [batch for _, batch in zip(range(num_batches), epoch_iterator, strict=False)]
        counts = torch.zeros(len(self.kinds), dtype=torch.long)
        for batch in samples:
            counts += self.student.counts(batch, len(self.kinds))
        counts = counts.to(device)
        if self.args.world_size > 1:
            counts = self.accelerator.reduce(counts, reduction="sum")
        return samples, counts

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """This process's share of L: its tokens, weighted by the counts of the whole effective batch."""
        with autocast(self.args.device.type, self.config.bf16):
            losses, kinds = self.student.losses(model, inputs)
        sums = by_kind(losses, kinds, len(self.kinds))
        self.losses += sums.detach()
        self.tokens += torch.bincount(kinds, minlength=len(self.kinds))
        # DistributedDataParallel averages the processes' gradients; we need the sum.
        return (coefficients(self.weights, num_items_in_batch) * sums).sum() * self.args.world_size

    def take(self, crew: Crew) -> tuple[dict[str, float], int]:
        """(mean loss of each kind, answer tokens) since the last call, over all processes.

        Raises UserError if a loss is not finite.
        """
        both = crew.total(torch.stack([self.losses, self.tokens]))
        self.losses.zero_()
        self.tokens.zero_()
        means = {kind: float(both[0, i] / both[1, i]) for i, kind in enumerate(self.kinds) if both[1, i] > 0}
        if not all(map(math.isfinite, means.values())):
            raise diverged()
        return means, int(both[1].sum())

    def floating_point_ops(self, inputs: Any) -> int:
        return 0
