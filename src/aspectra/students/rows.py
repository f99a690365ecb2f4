"""Training rows in little memory, and the order in which they are seen.

A run of two million answers is some three gigabytes as 32-bit ids, thirty as Python lists. Called by `pretrain` and
`finetune`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

import torch

from aspectra.errors import UserError

POOL = 8  # effective batches that are sorted by length together: little padding, yet other neighbors in each epoch


class Rows(torch.utils.data.Dataset[dict[str, Any]]):
    """Rows of (prompt ids, answer ids, kind), kept flat. `kinds` are the names behind the kind numbers."""

    def __init__(self, kinds: Sequence[str]) -> None:
        self.kinds = tuple(kinds)
        self.ids, self.ends, self.splits, self.of_kind = array("i"), array("q", [0]), array("i"), array("b")

    def add(self, prompt: Sequence[int], answer: Sequence[int], kind: str) -> None:
        """Add one row at the end."""
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


class Batches(torch.utils.data.Sampler[list[int]]):
    """The rows of each batch of one process, in the order of an epoch.

    An epoch has `steps` optimizer steps, and its rows are shared out among them as evenly as can be. Which rows a step
    sees depends on seed and epoch alone: not on how the step is split into processes and accumulated batches, nor on
    whether the run was cut off. Rows of like length come together.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        steps: int,
        accumulation: int,
        seed: int,
        processes: int = 1,
        rank: int = 0,
    ) -> None:
        if not lengths:
            raise UserError("there is nothing to train on")
        if len(lengths) < processes:
            raise UserError(f"{len(lengths)} rows cannot be shared among {processes} processes; start fewer")
        self.lengths, self.seed, self.epoch = list(lengths), seed, 0
        # No process may go without a row, or the others would wait for it.
        self.accumulation = max(1, min(accumulation, len(lengths) // processes))
        self.steps = max(1, min(steps, len(lengths) // (processes * self.accumulation)))
        self.processes, self.rank = processes, rank

    def __len__(self) -> int:
        return self.steps * self.accumulation

    def set_epoch(self, epoch: int) -> None:
        """The trainer says which epoch begins."""
        self.epoch = epoch

    @property
    def batch_sampler(self) -> Batches:
        """Itself: transformers looks for `set_epoch` behind a wrapper, which a run that goes on has and others lack."""
        return self

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.plan():
            # Longest first within a step, dealt out in turn: processes that work at the same time get like lengths.
            for batch in cut(step, self.accumulation):
                yield batch[self.rank :: self.processes]

    def plan(self) -> list[list[int]]:
        """The rows of every step of this epoch, the longest of each step first."""
        random = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        order = torch.randperm(len(self.lengths), generator=random).tolist()
        pool = max(1, min(POOL, self.steps // 4))
        groups = cut(order, self.steps)
        steps: list[list[int]] = []
        for first in range(0, len(groups), pool):
            near = groups[first : first + pool]
            steps += cut(sorted(chain.from_iterable(near), key=lambda i: -self.lengths[i]), len(near))
        return [steps[i] for i in torch.randperm(len(steps), generator=random).tolist()]


def cut(items: Sequence[int], parts: int) -> list[list[int]]:
    """Items in as many parts of near equal size, in order.

    >>> cut([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4, 5]]
    """
    marks = [len(items) * i // parts for i in range(parts + 1)]
    return [list(items[a:b]) for a, b in pairwise(marks)]


class Loader(torch.utils.data.DataLoader[dict[str, Any]]):
    """A data loader that passes `set_epoch` on to its batches."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]
