"""The order of the training rows. Called by `pretrain`, `finetune` and `trainer`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any

import torch

from aspectra.errors import UserError

POOL = 8  # effective batches that are sorted by length together: little padding, but other neighbors in each epoch


class Batches(torch.utils.data.Sampler[list[int]]):
    """The rows of each batch of one process, in the order of an epoch.

    An epoch has `steps` optimizer steps. The rows are divided among them as evenly as possible. The rows of a step
    depend only on seed and epoch: not on the number of processes or accumulated batches, nor on whether the run was
    resumed. Rows of similar length are grouped.
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
            raise UserError("nothing to train on")
        if len(lengths) < processes:
            raise UserError(f"{len(lengths)} rows cannot be shared among {processes} processes; start fewer")
        self.lengths, self.seed, self.epoch = list(lengths), seed, 0
        # Each process needs a row, or the others would wait for it.
        self.accumulation = max(1, min(accumulation, len(lengths) // processes))
        self.steps = max(1, min(steps, len(lengths) // (processes * self.accumulation)))
        self.processes, self.rank = processes, rank

    def __len__(self) -> int:
        return self.steps * self.accumulation

    def set_epoch(self, epoch: int) -> None:
        """The trainer calls it at the start of each epoch."""
        self.epoch = epoch

    @property
    def batch_sampler(self) -> Batches:
        """Itself: transformers looks for `set_epoch` behind a wrapper, which exists only in a resumed run."""
        return self

    def __iter__(self) -> Iterator[list[int]]:
        for step in self.plan():
            # Longest first within a step, dealt in turn: processes that work at the same time get similar lengths.
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
    """Split items into parts of near equal size, in order.

    >>> cut([1, 2, 3, 4, 5], 2)
    [[1, 2], [3, 4, 5]]
    """
    marks = [len(items) * i // parts for i in range(parts + 1)]
    return [list(items[a:b]) for a, b in pairwise(marks)]


class Loader(torch.utils.data.DataLoader[dict[str, Any]]):
    """A data loader that passes `set_epoch` on to its batches."""

    def set_epoch(self, epoch: int) -> None:
        self.batch_sampler.set_epoch(epoch)  # type: ignore[union-attr]
