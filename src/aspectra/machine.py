"""Where models train and write: device, threads, bfloat16, and the processes that `torchrun` started.

Called by `student`, and by whatever else loads a model: `deploy`, `elicit`, `benchmark`. torch is imported with it.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import torch

from aspectra.errors import UserError, unknown
from aspectra.progress import Bar, progress

T = TypeVar("T")
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h; -1 as the threshold is "never"


def device(wanted: str) -> str:
    """`auto` becomes the best device here; raises UserError where a named one is not."""
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted not in ("auto", *here):
        raise unknown("device", wanted, ["auto", *here])
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if here[name])
    if not here[wanted]:
        raise UserError(f"device {wanted} is not here; there are: {', '.join(name for name in here if here[name])}")
    return wanted


def use_threads(threads: int | None) -> None:
    """Limit torch to so many threads; None leaves it as it is."""
    if threads is not None:
        torch.set_num_threads(threads)


def keep_freed_memory() -> None:
    """Let glibc hand freed memory out again instead of giving it back to the kernel; elsewhere, nothing happens.

    Training on a CPU frees gigabytes at each step and wants them back at the next. Returned, every page of them is
    cleared by the kernel first: 12 to 16 % of the quickstart's pretraining, for up to 5 % more memory at the peak.
    """
    mallopt = _glibc("mallopt")
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)


def give_back_freed_memory() -> None:
    """Give the kernel what is free now: batches of many shapes leave gaps that no later one fits, and they add up."""
    _glibc("malloc_trim")(0)


def _glibc(name: str) -> Callable[..., Any]:
    """A function of glibc; one that does nothing where there is none."""
    found = getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
    return found or (lambda *_: None)


def has_bf16(device: str) -> bool:
    """Whether bfloat16 is quicker there than 32 bits: a CPU needs instructions for it, else it is emulated."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device == "cpu":
        return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
    return False


def autocast(device: str, bf16: bool) -> AbstractContextManager[Any]:
    """bfloat16 for the matrix products inside, where wanted and quick; weights stay in 32 bits."""
    return torch.autocast(device, torch.bfloat16) if bf16 and has_bf16(device) else nullcontext()


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
        pass
