"""Converts rows of token ids to tensors. Called by the two forms of writers and by code that runs a writer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

IGNORED = -100  # torch's cross entropy ignores labels of this value


def fill(rows: Sequence[Sequence[int]], value: int, left: bool = False) -> Any:
    """Rows of unequal length as one padded integer tensor (rows, longest)."""
    import torch

    width = max(len(row) for row in rows)
    whole = torch.full((len(rows), width), value, dtype=torch.long)
    for i, row in enumerate(rows):
        if row:
            whole[i, slice(width - len(row), None) if left else slice(0, len(row))] = torch.tensor(row)
    return whole


def padded(rows: Sequence[Sequence[int]], pad: int, left: bool = False) -> dict[str, Any]:
    """`input_ids` and `attention_mask` (rows, longest) of rows of unequal length."""
    ones = [[1] * len(row) for row in rows]
    return {"input_ids": fill(rows, pad, left), "attention_mask": fill(ones, 0, left)}
