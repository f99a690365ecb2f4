"""Decoding keeps order, ids and raw words; padding and batches change no answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.errors import UserError
from aspectra.schema import CUT
from aspectra.students.writers.decode import predict, write
from aspectra.students.writers.writer import Writer

TEXTS = [
    "Good soup.",
    "We waited forty minutes at the desk, and nobody said sorry to any of us.",
    "Thin walls.",
    "The lobby smells of paint, though the lift is quick.",
    "Lovely garden, fair price.",
]


def test_answers_come_back_in_order_with_their_ids(student_folder: Path) -> None:
    found = predict(student_folder, TEXTS, "atsa", ids=list("abcde"), max_new_tokens=6, batch_size=2, device="cpu")
    assert [p.id for p in found] == list("abcde")
    assert [p.text for p in found] == TEXTS
    assert all(p.raw is not None for p in found)


def test_batches_and_padding_change_no_answer(student_folder: Path) -> None:
    together = predict(student_folder, TEXTS, "atsa", max_new_tokens=8, batch_size=5, device="cpu")
    alone = predict(student_folder, TEXTS, "atsa", max_new_tokens=8, batch_size=1, device="cpu")
    assert [p.raw for p in together] == [p.raw for p in alone]


def test_an_answer_that_hits_the_limit_says_so(student_folder: Path) -> None:
    student = Writer.load(student_folder)
    student.info["task"] = "atsa"
    prompts = [student.encoder(64, 1, True).prompt("atsa", text) for text in TEXTS]
    cuts = [cut for _, cut in write(student, prompts, 3)]
    assert any(cuts), "an untrained student does not know when to stop"
    found = predict(student, TEXTS, max_new_tokens=3, device="cpu")
    assert [CUT in p.extra for p in found] == cuts


def test_the_end_is_not_taken_for_padding(causal: Path) -> None:
    """A student that writes nothing but the end: its answer is empty and not cut."""
    import torch

    student = Writer.load(causal)
    with torch.no_grad():
        student.model.lm_head.weight.zero_()
        student.model.lm_head.weight[student.tokenizer.eos_token_id] = 1.0
        student.model.model.norm.weight.fill_(1.0)
        # Every logit is 0 but that of the end, which is made positive by a hidden state of ones.
        student.model.model.norm.forward = lambda hidden: torch.ones_like(hidden)
    prompts = [student.encoder(64, 1, True).prompt("atsa", text) for text in TEXTS]
    assert write(student, prompts, 5) == [([], False)] * len(TEXTS)


def test_a_model_of_another_task_is_refused(causal: Path) -> None:
    student = Writer.load(causal)
    student.info["task"] = "acsa"
    with pytest.raises(UserError, match="fine-tuned for acsa, not for atsa"):
        predict(student, TEXTS, "atsa", device="cpu")
    with pytest.raises(UserError, match="fine-tuned for no task"):
        predict(Writer.load(causal), TEXTS, device="cpu")
