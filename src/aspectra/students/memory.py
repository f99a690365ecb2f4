"""What glibc does with the memory that training frees. Called by `session` and `trainer`."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h; -1 as the threshold is "never"


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
