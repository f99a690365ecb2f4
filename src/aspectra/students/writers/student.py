"""A writer in training: implements `aspectra.students.student.Student`. Called by `aspectra.students.families`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aspectra.config import FinetuneConfig, PretrainConfig, TrainingConfig
from aspectra.quiet import quiet
from aspectra.schema import Example, Prediction
from aspectra.students.card import card
from aspectra.students.corpus import Side
from aspectra.students.folder import save
from aspectra.students.student import Lessons, Progress
from aspectra.students.writers.decode import copy_of, predict
from aspectra.students.writers.encoder import Encoder
from aspectra.students.writers.writer import Writer


class WritingStudent(Writer):
    """Learns to write the teacher's answers, or a task's linear forms."""

    counted = "answer tokens"

    def taught_by(self, config: TrainingConfig) -> Encoder:
        """The encoder for training with these settings."""
        return self.encoder(config.input_tokens, config.answer_tokens, config.marker)

    def adapt(self, rank: int) -> None:
        from peft import LoraConfig, get_peft_model

        adapters = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type=self.form.adapters)
        with quiet():
            self.model = get_peft_model(self.model, adapters)

    def from_corpus(self, side: Side, config: PretrainConfig, tick: Callable[[int], None]) -> Lessons:
        from aspectra.students.writers import lessons

        return lessons.from_corpus(self.taught_by(config), side, config, tick)

    def from_examples(self, examples: Sequence[Example], config: FinetuneConfig) -> Lessons:
        from aspectra.students.writers import lessons

        return lessons.from_examples(self.taught_by(config), examples, config)

    def learned(self, config: PretrainConfig) -> dict[str, Any]:
        return {"task": None, "kinds": list(config.kinds), "labels": None}

    def asked_as(self, config: TrainingConfig) -> dict[str, Any]:
        empty = {"empty_answer": config.empty_answer} if isinstance(config, FinetuneConfig) else {}
        return {"marker": config.marker, "input_tokens": config.input_tokens, **empty}

    def settle(self, side: Side, config: PretrainConfig, progress: Progress) -> None:
        pass

    def fresh(self, name: str) -> bool:
        return False

    def collate(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        import torch

        batch = self.form.collate(self.model, self.tokenizer.pad_token_id, rows)
        return batch | {"kinds": torch.tensor([int(row["kind"]) for row in rows])}

    def counts(self, batch: Mapping[str, Any], kinds: int) -> Any:
        from aspectra.students.writers.losses import counts

        return counts(batch, kinds)

    def losses(self, model: Any, batch: Mapping[str, Any]) -> tuple[Any, Any]:
        from aspectra.students.writers.losses import token_losses

        return token_losses(model, self.form, batch)

    def predict(
        self, texts: Sequence[str], config: FinetuneConfig, device: str, tick: Callable[[int], None]
    ) -> list[Prediction]:
        from aspectra import machine

        bf16 = config.bf16 and machine.has_bf16(device)
        # A copy, so that adapters can be merged for speed: merging and unmerging would change the weights.
        decoder = copy_of(self, bf16) if bf16 or config.lora_rank else self
        return predict(
            decoder,
            texts,
            config.task,
            max_new_tokens=config.max_new_tokens,
            batch_size=config.eval_batch_size,
            device=device,
            tick=tick,
        )

    def card(self, title: str, marker: str | None, facts: Mapping[str, Any], use: str) -> str:
        head, arrow = f"{marker}: " if marker else "", self.form.arrow.replace("\n", "\\n")
        what = (
            f"A {self.family} student made by Aspectra. It reads the {self.form.reads} `{head}TEXT{arrow}` and writes "
            "the answer; greedy decoding."
        )
        return card(title, self.form.pipeline, what, facts, use)

    def save(self, folder: Path, info: Mapping[str, Any], card: str) -> None:
        self.info = {"format": 1, "family": self.family} | dict(info)
        save(folder, self.model, self.tokenizer, self.info, card)
