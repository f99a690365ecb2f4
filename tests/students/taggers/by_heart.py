"""A tiny tagger that knows its sentences by heart."""

from __future__ import annotations

from typing import Any

from tests.students.taggers.labels import CATEGORIZED

from aspectra.config import FinetuneConfig
from aspectra.students.taggers.student import TaggingStudent

FAST: dict[str, Any] = {"learning_rate": 3e-3, "batch_size": 8, "bf16": False, "device": "cpu", "threads": 1}


def learn(student: TaggingStudent, task: str, steps: int = 120) -> None:
    """Learn `CATEGORIZED`: without dropout, for no luck is wanted."""
    import torch

    rows = student.from_examples(CATEGORIZED, FinetuneConfig(task=task, **FAST)).rows
    batch = student.collate([rows[i] for i in range(len(rows))])
    student.model.eval()
    optimizer = torch.optim.AdamW(student.model.parameters(), lr=5e-3)
    for _ in range(steps):
        losses, kinds = student.losses(student.model, batch)
        loss = sum(losses[kinds == kind].mean() for kind in kinds.unique())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
