"""What a student is trained on: L = sum_k w_k L_k over the kinds of answers, under transformers' own Trainer.

Each L_k is the mean over the answer tokens of kind k in the whole effective batch: all accumulated batches of all
processes. Called by `pretrain` and `finetune` (which has one kind, its task).
"""

from __future__ import annotations

import inspect
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from transformers import Trainer, TrainingArguments
from transformers.trainer_callback import PrinterCallback, ProgressCallback, TrainerCallback

from aspectra.config import TrainingConfig
from aspectra.errors import UserError, unknown
from aspectra.machine import autocast
from aspectra.students.crew import Crew
from aspectra.students.memory import give_back_freed_memory
from aspectra.students.optimizer import create, schedule
from aspectra.students.rows import Batches, Loader, Rows, cut
from aspectra.students.writers.family import IGNORED, Family, Student, collator, diverged

Weights = str | Mapping[str, float]
TIDY = 10.0  # seconds


def weigh(weights: Weights, kinds: Sequence[str]) -> list[float] | None:
    """The w_k in the order of the kinds; None for `proportional`, which depends on each batch.

    `equal` is one over the number of kinds; given numbers are taken as they are. Raises UserError where a weight is
    given for no kind, or a kind has none.
    """
    if weights == "proportional":
        return None
    if weights == "equal":
        return [1 / len(kinds)] * len(kinds)
    assert isinstance(weights, Mapping)
    for kind in weights:
        if kind not in kinds:
            raise unknown("kind in weights", kind, kinds)
    missing = [kind for kind in kinds if kind not in weights]
    if missing:
        raise UserError(f"weights has no number for the kind {missing[0]}; give one for each of: {', '.join(kinds)}")
    return [float(weights[kind]) for kind in kinds]


def coefficients(weights: Sequence[float] | None, counts: torch.Tensor) -> torch.Tensor:
    """What one token's loss of each kind is multiplied with: w_k / N_k, where N_k (`counts`) are answer tokens.

    With `proportional` weights w_k = N_k / N, so that it is 1 / N for all: the mean over all answer tokens. A kind
    that is absent from the effective batch adds nothing.
    """
    counts = counts.float()
    if weights is None:
        return torch.ones_like(counts) / counts.sum().clamp_min(1)
    return torch.tensor(weights, device=counts.device) / counts.clamp_min(1)


def token_losses(model: Any, family: Family, batch: Mapping[str, Any], trims: bool) -> tuple[Any, Any]:
    """(cross entropy in 32 bits, kind) of every answer token of a batch, two tensors of one length.

    `trims` says that the model can leave out the logits before the first answer (`logits_to_keep`).
    """
    targets = batch["labels"]
    inputs = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"], "use_cache": False}
    if family == "causal":
        first = int(batch["first"])
        trimmed = {"logits_to_keep": targets.shape[1] - first} if trims else {}
        logits = model(**inputs, **trimmed).logits
        # The token at place i is predicted from place i - 1.
        logits = logits[:, :-1] if trims else logits[:, first:-1]
        targets = targets[:, first + 1 :]
    else:
        logits = model(**inputs, decoder_input_ids=batch["decoder_input_ids"]).logits
    wanted = targets != IGNORED
    losses = cross_entropy(logits[wanted].float(), targets[wanted], reduction="none")
    return losses, batch["kinds"][:, None].expand_as(targets)[wanted]


def by_kind(values: torch.Tensor, kinds: torch.Tensor, number: int) -> torch.Tensor:
    """Sums of values by kind, a tensor of `number` elements that keeps the gradient."""
    return torch.zeros(number, device=values.device, dtype=values.dtype).index_add(0, kinds, values)


def trims_logits(model: Any) -> bool:
    """Whether a causal model's forward takes `logits_to_keep`."""
    inner = model.get_base_model() if hasattr(model, "get_base_model") else model
    return "logits_to_keep" in inspect.signature(inner.forward).parameters


def held_out(
    student: Student,
    rows: Rows,
    batch_size: int,
    bf16: bool,
    crew: Crew | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> dict[str, float]:
    """Mean loss over the answer tokens of each kind that the rows have; the work is shared among the processes.

    `tick` is told how many rows this process has done.
    """
    crew = crew or Crew()
    model, place = student.model, student.model.device
    collate, trims = collator(student), student.family == "causal" and trims_logits(student.model)
    sums = torch.zeros(2, len(rows.kinds), dtype=torch.float64, device="cpu" if place.type == "mps" else place)
    lengths = rows.lengths()
    order = sorted(range(len(rows)), key=lambda i: -lengths[i])
    batches = cut(order, -(-len(order) // batch_size)) if order else []
    was_training = model.training
    model.eval()
    with torch.inference_mode(), autocast(place.type, bf16):
        for batch in batches[crew.rank :: crew.processes]:
            inputs = {name: value.to(place) for name, value in collate([rows[i] for i in batch]).items()}
            losses, kinds = token_losses(model, student.family, inputs, trims)
            pair = torch.stack([losses, torch.ones_like(losses)])
            sums += torch.stack([by_kind(line, kinds, len(rows.kinds)) for line in pair]).to(sums)
            tick(len(batch))
    model.train(was_training)
    total = crew.total(sums)
    return {kind: float(total[0, i] / total[1, i]) for i, kind in enumerate(rows.kinds) if total[1, i] > 0}


class Tidy(TrainerCallback):
    """Gives freed memory back from time to time, which `memory.keep_freed_memory` keeps: on a CPU alone.

    By time, not by steps: the gaps grow with the rows, as steps do, and so does what it costs to have the pages back.
    54 steps of 16 rows of up to 768 tokens held 16.4 GB with it at each tenth step and 11.5 GB with it at each, for 6 %
    more of the processor's time.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if time.monotonic() - self._last >= TIDY:
            give_back_freed_memory()
            self._last = time.monotonic()


class StudentTrainer(Trainer):
    """transformers' Trainer with our objective, optimizer, batches and bfloat16; it prints nothing.

    `tokens` and `losses` count answer tokens and their summed loss by kind since the last `take`.
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
        self.trims = student.family == "causal" and trims_logits(student.model)
        super().__init__(
            model=student.model,
            args=arguments,
            train_dataset=rows,
            data_collator=collator(student),
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
        return Loader(self.rows, batch_sampler=self.batches, collate_fn=self.data_collator)

    def create_optimizer(self, model: Any = None) -> Any:
        if self.optimizer is None:
            self.optimizer = create(self.model if model is None else model, self.config)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        if self.lr_scheduler is None:
            chosen: Any = optimizer or self.optimizer
            inner = getattr(chosen, "optimizer", chosen)  # accelerate may have wrapped it
            self.lr_scheduler = schedule(inner, self.config, num_training_steps)
        return self.lr_scheduler

    def get_batch_samples(self, epoch_iterator: Iterator[Any], num_batches: int, device: Any) -> tuple[list[Any], Any]:
        """The batches of one optimizer step, and the answer tokens of each kind in all of them, on all processes."""
        samples = [batch for _, batch in zip(range(num_batches), epoch_iterator, strict=False)]
        counts = torch.zeros(len(self.kinds), dtype=torch.long)
        for batch in samples:
            counts += by_kind((batch["labels"] != IGNORED).sum(1), batch["kinds"], len(self.kinds))
        counts = counts.to(device)
        if self.args.world_size > 1:
            counts = self.accelerator.reduce(counts, reduction="sum")
        return samples, counts

    def compute_loss(
        self, model: Any, inputs: Any, return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """This process's share of L: its tokens, weighed by the counts of the whole effective batch."""
        with autocast(self.args.device.type, self.config.bf16):
            losses, kinds = token_losses(model, self.student.family, inputs, self.trims)
        sums = by_kind(losses, kinds, len(self.kinds))
        self.losses += sums.detach()
        self.tokens += torch.bincount(kinds, minlength=len(self.kinds))
        # DistributedDataParallel takes the mean of the processes' gradients; the sum is meant.
        return (coefficients(self.weights, num_items_in_batch) * sums).sum() * self.args.world_size

    def take(self, crew: Crew) -> tuple[dict[str, float], int]:
        """(mean loss of each kind, answer tokens) since the last call, over all processes.

        Raises UserError where a loss is no number any more.
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
