"""Speed of pretraining: rows of similar length together, against all rows padded to one length.

`python benchmarks/padding.py CORPUS --student smollm2-135m` runs the same rows, in the same batches of the same
optimizer, in both ways: as Aspectra trains (padded to the longest of a batch, no logits before the first answer), and
as the authors' scripts do (every row padded to 128 input and 400 answer tokens). It prints answer tokens per second,
all tokens except padding per second, steps per second and, with `--peak` (the device's dense bfloat16 FLOP/s), the
share of it that was useful: 6 operations for each weight and each such token.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from aspectra.cli.output import table
from aspectra.config import PretrainConfig
from aspectra.models import resolve
from aspectra.students import session
from aspectra.students.batches import Batches
from aspectra.students.corpus import read
from aspectra.students.tensors import IGNORED
from aspectra.students.trainer import StudentTrainer

WIDTH = 128 + 400  # the authors' rows
WARM = 5  # steps before the clock starts


def padded(collate: Any, end: int) -> Any:
    """The same batch as wide as the authors' rows, with logits for every place."""

    def widened(rows: Any) -> dict[str, Any]:
        batch: dict[str, Any] = dict(collate(rows))
        for name, value in (("input_ids", end), ("attention_mask", 0), ("labels", IGNORED)):
            gap = WIDTH - batch[name].shape[1]
            batch[name] = torch.nn.functional.pad(batch[name], (0, gap), value=value)
        return batch | {"first": torch.zeros_like(torch.as_tensor(batch["first"]))}

    return widened


def measure(options: argparse.Namespace, wide: bool) -> dict[str, float]:
    """Rates over `--steps` optimizer steps."""
    config = PretrainConfig(input_tokens=128, answer_tokens=400, batch_size=options.batch_size, threads=options.threads)
    with tempfile.TemporaryDirectory() as folder:
        arguments = session.prepare(config, Path(folder) / "out", max_steps=WARM + options.steps, save_strategy="no")
        student = session.open_student(resolve(options.student), config)
        lessons = student.from_corpus(read(options.corpus, "train"), config, lambda _: None)
        rows = lessons.rows
        batches = Batches(rows.lengths(), max(1, lessons.number // config.batch_size), 1, config.seed)
        student.model.to(arguments.device)
        trainer = StudentTrainer(student, rows, batches, config, arguments)
        if wide:
            trainer.data_collator = padded(student.collate, student.tokenizer.pad_token_id)
        seen = {"tokens": 0, "answers": 0, "steps": 0}
        inner, began = trainer.training_step, [0.0]

        def step(model: Any, inputs: Any, *others: Any) -> Any:
            if trainer.state.global_step == WARM and not began[0]:
                synchronize(arguments.device)
                began[0] = time.perf_counter()
            if began[0]:
                seen["tokens"] += int(inputs["attention_mask"].sum())
                seen["answers"] += int((inputs["labels"] != IGNORED).sum())
                seen["steps"] += 1
            return inner(model, inputs, *others)

        trainer.training_step = step  # type: ignore[method-assign]
        trainer.train()
        synchronize(arguments.device)
        seconds = time.perf_counter() - began[0]
        weights = sum(weight.numel() for weight in student.model.parameters())
    found = {name: value / seconds for name, value in seen.items()}
    if options.peak:
        found["share"] = 6 * weights * found["tokens"] / options.peak
    return found


def synchronize(device: torch.device) -> None:
    """Wait for pending work of the device."""
    if device.type == "cuda":
        torch.cuda.synchronize()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--student", default="smollm2-135m")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--peak", type=float, help="FLOP/s: 989e12 for an H100 SXM")
    options = parser.parse_args()
    ways = {
        "like lengths together": measure(options, wide=False),
        "all padded to 128 + 400": measure(options, wide=True),
    }
    table(
        ("rows", "answer tokens/s", "tokens/s", "steps/s", "share of peak"),
        [
            [name, f"{w['answers']:.0f}", f"{w['tokens']:.0f}", f"{w['steps']:.2f}", f"{w.get('share', 0):.4f}"]
            for name, w in ways.items()
        ],
    )
    one, other = ways.values()
    print(f"answer tokens a second: {one['answers'] / other['answers']:.2f} times the padded")


if __name__ == "__main__":
    main()
