"""The trainer of fine-tuning: scores epochs by dev F1, and keeps the weights of the best in memory and in checkpoints.

What is scored and kept can be a mean of the weights before and after (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models", section 3): few labels then do not undo what pretraining taught.

Called by `finetune`. Importing this module imports torch and transformers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import TrainingArguments

from aspectra.config import FinetuneConfig
from aspectra.files import write_json
from aspectra.progress import Bar
from aspectra.schema import Example
from aspectra.score.scoring import score
from aspectra.students.batches import Batches
from aspectra.students.crew import Crew
from aspectra.students.student import Lessons, Student
from aspectra.students.trainer import StudentTrainer

BEST = "best.safetensors"
JUDGED = "judged.json"


class Tuner(StudentTrainer):
    """Fine-tunes on one task; `best` is the epoch with the best F1 on `dev`."""

    def __init__(
        self,
        student: Student,
        lessons: Lessons,
        batches: Batches,
        config: FinetuneConfig,
        arguments: TrainingArguments,
        dev: Sequence[Example],
        bar: Bar,
        crew: Crew,
    ) -> None:
        super().__init__(student, lessons.rows, batches, config, arguments, lessons.weights)
        self.settings, self.dev, self.bar, self.crew = config, dev, bar, crew
        self.best: dict[str, Any] = {"epoch": 0, "f1": -1.0}
        self.weights_of_best: dict[str, Any] = {}
        self.start = self.held() if config.start_share else {}

    def held(self) -> dict[str, Any]:
        """A copy of the trained weights."""
        return {name: weight.detach().to("cpu", copy=True) for name, weight in self.trained().items()}

    def put(self, weights: Mapping[str, Any]) -> None:
        """Copy weights into the model."""
        with torch.no_grad():
            for name, weight in self.trained().items():
                weight.copy_(weights[name])

    def mixed(self) -> dict[str, Any]:
        """The trained weights, averaged with those at the start by `start_share`. Fresh ones are left as they are."""
        share, fresh = self.settings.start_share, self.student.fresh
        return {
            name: weight.lerp(self.start[name], share) if share and not fresh(name) else weight
            for name, weight in self.held().items()
        }

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """With the weights of `mixed` in the model."""
        if not self.start:
            yield
            return
        before = self.held()
        self.put(self.mixed())
        try:
            yield
        finally:
            self.put(before)

    def trained(self) -> dict[str, Any]:
        model: Any = self.model
        return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

    def judge(self, epoch: int) -> dict[str, Any]:
        """Strict scores on dev. The epoch is kept if its F1 is higher than all before."""
        crew, dev = self.crew, self.dev
        texts = [example.text for example in dev[crew.rank :: crew.processes]]
        with self.averaged():
            mine = self.student.predict(texts, self.settings, self.args.device.type, lambda _: self.bar.show())
        shares = crew.gather(mine)
        predictions = [shares[i % crew.processes][i // crew.processes] for i in range(len(dev))]
        result = score(dev, predictions, self.settings.task, "strict", "all")
        if result.f1 > self.best["f1"]:
            self.best = {"epoch": epoch, "f1": result.f1}
            self.weights_of_best = self.mixed()
        return {"precision": result.precision, "recall": result.recall, "f1": result.f1}

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Store the best epoch's weights in a checkpoint too; the trainer's state, written last, makes it valid."""
        super().save_model(output_dir, _internal_call)
        if self.crew.leads and output_dir is not None:
            save_file({n: w.contiguous() for n, w in self.weights_of_best.items()}, Path(output_dir) / BEST)
            write_json(Path(output_dir) / JUDGED, self.best)

    def recall(self, checkpoint: Path) -> None:
        """Restore the best epoch from a checkpoint."""
        self.best = json.loads((checkpoint / JUDGED).read_text(encoding="utf-8"))
        self.weights_of_best = load_file(checkpoint / BEST)

    def restore(self) -> None:
        """Copy the best epoch's weights into the model, or the averaged ones of the last if none was scored."""
        if self.weights_of_best or self.start:
            self.put(self.weights_of_best or self.mixed())
