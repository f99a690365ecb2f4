"""The processes of a training run: one, or those that `torchrun` started. Importing this module imports torch.

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
    """Leave the process group cleanly; left to the interpreter's exit, gloo's threads may abort the process."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


class Crew:
    """The processes of this run: one, or those that `torchrun` or `accelerate launch` started."""

    def __init__(self) -> None:
        self.rank = int(os.environ.get("RANK", "0"))
        self.processes = int(os.environ.get("WORLD_SIZE", "1"))

    @property
    def leads(self) -> bool:
        """Whether this process prints and writes files."""
        return self.rank == 0

    def first(self, work: Callable[[], T]) -> T:
        """Run some work in the leading process only; all processes wait for it and get its result."""
        if self.processes == 1:
            return work()
        box: list[Any] = [work() if self.leads else None]
        torch.distributed.broadcast_object_list(box)
        result: T = box[0]
        return result

    def gather(self, mine: T) -> list[T]:
        """The values of all processes, by rank."""
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
        """A progress bar in the leading process; the others show none."""
        if self.leads:
            with progress(label, total) as bar:
                yield bar
        else:
            yield Silent(label, total)


class Silent(Bar):
    """A bar that is not shown."""

    def show(self) -> None:
        """Do nothing: the leading process shows its own bar."""
