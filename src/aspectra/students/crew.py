"""The processes of a training run: one, or those that `torchrun` started. torch is imported with it.

Called by `aspectra.students.pretrain`, `finetune`, `session` and `objective`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch

from aspectra.progress import Bar, progress

T = TypeVar("T")


def part() -> None:
    """Leave the other processes in good order; left to the interpreter's end, gloo's threads may abort the process."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


class Crew:
    """The processes of this run: one, or those that `torchrun` or `accelerate launch` started."""

    def __init__(self) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.processes = int(os.environ.get("WORLD_SIZE", "1"))

    @property
    def leads(self) -> bool:
        """Whether this is the process that talks and writes."""
        return self.rank == 0

    def first(self, work: Callable[[], T]) -> T:
        """Let the leading process alone do some work; all get its result, after it is done."""
        if self.processes == 1:
            return work()
        box: list[Any] = [work() if self.leads else None]
        torch.distributed.broadcast_object_list(box)
        result: T = box[0]
        return result

    def gather(self, mine: T) -> list[T]:
        """What each process has, by rank."""
        if self.processes == 1:
            return [mine]
        boxes: list[Any] = [None] * self.processes
        torch.distributed.all_gather_object(boxes, mine)
        return boxes

    def total(self, numbers: torch.Tensor) -> torch.Tensor:
        """The sum over the processes, element by element."""
        if self.processes > 1:
            torch.distributed.all_reduce(numbers)
        return numbers

    @contextmanager
    def progress(self, label: str, total: float | None) -> Iterator[Bar]:
        """A bar in the leading process; the others keep quiet."""
        if self.leads:
            with progress(label, total) as bar:
                yield bar
        else:
            yield Silent(label, total)


class Silent(Bar):
    """A bar that nobody sees."""

    def show(self) -> None:
        """Nothing: the leading process shows its own."""
