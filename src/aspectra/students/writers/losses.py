"""The loss of a writer: cross entropy of each answer token. Called by `student`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.nn.functional import cross_entropy

from aspectra.students.tensors import IGNORED
from aspectra.students.writers.forms import Form


def token_losses(model: Any, form: Form, batch: Mapping[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """(cross entropy in 32 bits, in nats; kind) of every answer token of a batch, two tensors of equal length."""
    logits, targets = form.logits(model, batch)
    wanted = targets != IGNORED
    losses = cross_entropy(logits[wanted].float(), targets[wanted], reduction="none")
    return losses, batch["kinds"][:, None].expand_as(targets)[wanted]


def counts(batch: Mapping[str, Any], kinds: int) -> torch.Tensor:
    """The number of answer tokens of each kind in a batch, a tensor of `kinds` integers."""
    each = (batch["labels"] != IGNORED).sum(1)
    return torch.zeros(kinds, dtype=each.dtype).index_add(0, batch["kinds"], each)
