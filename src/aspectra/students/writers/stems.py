"""Begun answers and their possible continuations: the input of `likelihood`.

Called by `likelihood` and by the two forms, which read them in their own ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Stem:
    """Token ids of an input, of a begun answer, and of each possible continuation (`ways`).

    Every continuation has at least one token.
    """

    prompt: list[int]
    begun: list[int]
    ways: list[list[int]]

    @property
    def length(self) -> int:
        """Tokens of the input and of the longest answer."""
        return len(self.prompt) + len(self.begun) + max(map(len, self.ways))


def gathered(
    logits: Any, stems: Sequence[Stem], rows: Sequence[Sequence[int]], places: Sequence[Sequence[Sequence[int]]]
) -> list[list[float]]:
    """The summed log probability of each continuation's tokens; their logits are at `places` of the `rows`."""
    import torch

    tokens = torch.tensor([token for s in stems for way in s.ways for token in way], device=logits.device)
    lengths = [len(way) for s in stems for way in s.ways]
    each = torch.tensor([row for line in rows for row in line], device=logits.device)
    row = each.repeat_interleave(torch.tensor(lengths, device=logits.device))
    place = torch.tensor([p for ways in places for way in ways for p in way], device=logits.device)
    picked = logits[row, place].float()
    logs = picked.gather(1, tokens[:, None])[:, 0] - picked.logsumexp(1)
    sums = iter([float(part.sum()) for part in logs.cpu().double().split(lengths)])
    return [[next(sums) for _ in s.ways] for s in stems]
