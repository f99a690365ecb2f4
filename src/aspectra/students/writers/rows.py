"""A writer's training rows, stored compactly.

Two million answers take about three gigabytes as 32-bit ids, thirty as Python lists. Called by `lessons`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

import torch


class Rows(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows of (prompt ids, answer ids, kind), stored flat. `kinds` maps kind numbers to names."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.kinds = tuple(kinds)
        self.ids, self.ends, self.splits, self.of_kind = array("i"), array("q", [0]), array("i"), array("b")

    def add(self, prompt: Sequence[int], answer: Sequence[int], kind: str) -> None:
        """Append a row."""
        self.ids.extend(prompt)
        self.ids.extend(answer)
        self.ends.append(len(self.ids))
        self.splits.append(len(prompt))
        self.of_kind.append(self.kinds.index(kind))

    def __len__(self) -> int:
        return len(self.splits)

    def __getitem__(self, index: int) -> dict[str, Any]:
        whole = self.ids[self.ends[index] : self.ends[index + 1]]
        split = self.splits[index]
        return {"prompt": whole[:split], "answer": whole[split:], "kind": self.of_kind[index]}

    def lengths(self) -> list[int]:
        """Tokens of every row, prompt and answer together."""
        return [self.ends[i + 1] - self.ends[i] for i in range(len(self))]

    def answer_tokens(self) -> dict[str, int]:
        """Answer tokens of each kind, over all rows."""
        counts = dict.fromkeys(self.kinds, 0)
        for i, kind in enumerate(self.of_kind):
            counts[self.kinds[kind]] += self.ends[i + 1] - self.ends[i] - self.splits[i]
        return counts
