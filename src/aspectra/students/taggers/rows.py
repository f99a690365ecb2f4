"""A tagger's training rows. Called by `lessons`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

KINDS = ("tags", "polarity", "rating", "category")


class Rows(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows of token ids with their labels. `kinds` are the losses that occur in the rows."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.kinds = tuple(kinds)
        self.rows: list[dict[str, Any]] = []

    def add(self, row: dict[str, Any]) -> None:
        """Append a row: `ids`, and the labels that `student.collate` takes."""
        self.rows.append(row)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.rows[index]

    def lengths(self) -> list[int]:
        """Tokens of every row."""
        return [len(row["ids"]) for row in self.rows]
