"""Restores masked words: the head, and its loss. Importing this module imports torch.

Used only while the control `denoise` trains. Called by `network` and `student`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from aspectra.students.tensors import IGNORED, fill, width_of


class Restore(nn.Module):
    """Logits over the vocabulary from states of size `width`, by the encoder's own embeddings (vocabulary, size)."""

    def __init__(self, width: int, embeddings: torch.Tensor) -> None:
        super().__init__()
        vocabulary, size = embeddings.shape
        self.transform = nn.Sequential(nn.Linear(width, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(self, states: torch.Tensor, embeddings: torch.Tensor) -> torch.Tensor:
        """(tokens, vocabulary) from states (tokens, width)."""
        found: torch.Tensor = self.transform(states) @ embeddings.T + self.bias
        return found


def collate(rows: Sequence[Mapping[str, Any]], pad: int) -> dict[str, torch.Tensor]:
    """Rows -> tensors, padded to `width_of` the batch: ids, mask, restore (rows, tokens)."""
    ids = [row["ids"] for row in rows]
    width = width_of(ids)
    return {
        "ids": fill(ids, pad, width=width),
        "mask": fill([[1] * len(row) for row in ids], 0, width=width),
        "restore": fill([row["restore"] for row in rows], IGNORED, width=width),
    }


def counts(batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
    """The number of masked tokens in a batch, a tensor of one integer."""
    return (batch["restore"] != IGNORED).sum()[None]


def losses(network: Any, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """(losses of the masked tokens in nats, the kind of each: all 0). `network` may be a wrapper."""
    wanted = batch["restore"]
    each = cross_entropy(network(batch).float(), wanted[wanted != IGNORED], reduction="none")
    return each, torch.zeros(len(each), dtype=torch.long, device=each.device)
