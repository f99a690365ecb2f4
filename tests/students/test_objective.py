"""L = sum_k w_k L_k, each L_k a mean over the whole effective batch: by hand, accumulated, in two processes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.tiny import torchrun

from aspectra.config import PretrainConfig
from aspectra.errors import UserError
from aspectra.students.batches import Batches
from aspectra.students.objective import (
    by_kind,
    coefficients,
    held_out,
    weigh,
)
from aspectra.students.session import prepare
from aspectra.students.trainer import StudentTrainer
from aspectra.students.writers.rows import Rows
from aspectra.students.writers.student import WritingStudent

KINDS = ("analysis", "rating")
TEXTS = [
    ("analysis", "The soup was hot.", "a long answer about the soup, the bread and the waiter"),
    ("rating", "Thin walls, fair price.", "3"),
    ("analysis", "Good value.", "short"),
    ("rating", "We waited forty minutes at the desk.", "1"),
    ("analysis", "The lobby smells of paint, though the lift is quick.", "middling long answer"),
    ("rating", "Lovely garden.", "5"),
    ("analysis", "Great pool!", "pool"),
    ("analysis", "My shower had no warm water.", "a shower, cold, on three of seven days"),
]


def encoded(folder: Path) -> tuple[Any, Rows]:
    student = WritingStudent.load(folder)
    encoder = student.encoder(64, 64, marker=True)
    rows = Rows(KINDS)
    for kind, text, answer in TEXTS:
        rows.add(encoder.prompt(kind, text), encoder.answer(answer), kind)
    return student, rows


def plain_losses(student: Any, rows: Rows) -> dict[str, list[float]]:
    """Cross entropy of every answer token, one row at a time, without padding, through the model's own loss."""
    found: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for row in (rows[i] for i in range(len(rows))):
        prompt, answer = list(row["prompt"]), list(row["answer"])
        if student.family == "causal":
            logits = student.model(input_ids=torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        else:
            logits = student.model(input_ids=torch.tensor([prompt]), labels=torch.tensor([answer])).logits[0]
        logs = logits.log_softmax(-1)
        found[KINDS[row["kind"]]] += [-logs[i, token].item() for i, token in enumerate(answer)]
    return found


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


def expected(weights: Any, losses: dict[str, list[float]]) -> float:
    """L by hand."""
    if weights == "proportional":
        return mean([loss for part in losses.values() for loss in part])
    share = {"analysis": 0.5, "rating": 0.5} if weights == "equal" else weights
    return sum(share[kind] * mean(losses[kind]) for kind in KINDS)


@pytest.mark.parametrize("weights", ["proportional", "equal", {"analysis": 0.2, "rating": 3.0}])
def test_loss_of_unequal_lengths_is_what_a_hand_computes(student_folder: Path, weights: Any) -> None:
    student, rows = encoded(student_folder)
    with torch.no_grad():
        batch = student.collate([rows[i] for i in range(len(rows))])
        losses, kinds = student.losses(student.model, batch)
        counts = student.counts(batch, len(KINDS))
        found = (coefficients(weigh(weights, KINDS), counts) * by_kind(losses, kinds, len(KINDS))).sum()
        assert found.item() == pytest.approx(expected(weights, plain_losses(student, rows)), rel=1e-5)


def test_logits_kept_or_not_make_no_difference(causal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    student, rows = encoded(causal)
    batch = student.collate([rows[i] for i in range(len(rows))])
    with torch.no_grad():
        some, _ = student.losses(student.model, batch)
        monkeypatch.setattr("aspectra.students.writers.causal.trims_logits", lambda model: False)
        whole, _ = student.losses(student.model, batch)
    assert torch.allclose(some, whole, atol=1e-6)


def test_held_out_loss_is_a_mean_over_tokens_of_each_kind(student_folder: Path) -> None:
    student, rows = encoded(student_folder)
    with torch.no_grad():
        by_hand = plain_losses(student, rows)
    for batch_size in (1, 3, 8):
        found = held_out(student, rows, batch_size, bf16=False)
        assert found == pytest.approx({kind: mean(by_hand[kind]) for kind in KINDS}, rel=1e-5)


def train(folder: Path, out: Path, batch_size: int, accumulation: int, weights: Any, steps: int = 3) -> dict[str, Any]:
    """A few optimizer steps over all eight rows; returns the weights."""
    student, rows = encoded(folder)
    config = PretrainConfig(
        batch_size=batch_size,
        accumulation=accumulation,
        learning_rate=0.05,
        adam_epsilon=1e-3,  # Adam makes a full step of a gradient that is rounding noise
        bf16=False,
        device="cpu",
        seed=5,
    )
    arguments = prepare(config, out, max_steps=steps, save_strategy="no")
    processes = arguments.world_size
    batches = Batches(rows.lengths(), 1, accumulation, 5, processes, arguments.process_index)
    for module in student.model.modules():  # dropout would draw otherwise in other batches
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        elif isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    StudentTrainer(student, rows, batches, config, arguments, weights).train()
    return {name: tensor.clone() for name, tensor in student.model.state_dict().items()}


@pytest.mark.parametrize("weights", ["proportional", "equal"])
def test_accumulated_batches_train_like_one(student_folder: Path, tmp_path: Path, weights: Any) -> None:
    whole = train(student_folder, tmp_path, 8, 1, weights)
    parts = train(student_folder, tmp_path, 2, 4, weights)
    for name, tensor in whole.items():
        assert torch.allclose(tensor, parts[name], atol=2e-5), f"{name} differs when the step is made of four batches"


SCRIPT = """
import sys
from pathlib import Path
from safetensors.torch import save_file
sys.path.insert(0, {root!r})
from tests.students.test_objective import train
import torch
found = train(Path(sys.argv[1]), Path(sys.argv[2]), 4, 1, "equal")
if torch.distributed.get_rank() == 0:
    save_file({{n: t.contiguous() for n, t in found.items()}}, sys.argv[3])
"""


@pytest.mark.slow
def test_two_processes_train_like_one(causal: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    script, saved = tmp_path / "train.py", tmp_path / "two.safetensors"
    script.write_text(SCRIPT.format(root=str(Path(__file__).parents[2])))
    done = torchrun(str(script), str(causal), str(tmp_path), str(saved))
    assert done.returncode == 0, done.stderr
    one, two = train(causal, tmp_path, 8, 1, "equal"), load_file(saved)
    for name, tensor in one.items():
        if name in two:
            assert torch.allclose(tensor, two[name], atol=2e-5), f"{name} differs with two processes"


def test_proportional_is_the_mean_over_all_tokens() -> None:
    counts = torch.tensor([30, 10])
    assert coefficients(None, counts).tolist() == pytest.approx([1 / 40, 1 / 40])
    assert coefficients([0.5, 0.5], counts).tolist() == pytest.approx([0.5 / 30, 0.5 / 10])
    assert all(math.isfinite(x) for x in coefficients([0.5, 0.5], torch.tensor([30, 0])).tolist())


def test_weights_that_fit_no_kind_are_said() -> None:
    with pytest.raises(UserError, match="did you mean 'analysis'"):
        weigh({"analyses": 1.0, "rating": 1.0}, KINDS)
    with pytest.raises(UserError, match="no number for the kind rating"):
        weigh({"analysis": 1.0}, KINDS)
    assert json.dumps(weigh("equal", KINDS)) == "[0.5, 0.5]"
