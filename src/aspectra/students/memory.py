"""What glibc does with the memory that training frees. Called by `session` and `trainer`."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Any

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h; -1 as the threshold is "never"


def keep_freed_memory() -> None:
    """Make glibc reuse freed memory instead of returning it to the kernel. Does nothing on other systems.

    Training on a CPU frees gigabytes at each step and needs them again at the next. The kernel clears each page that
    was returned: that takes 12 to 16 % of the quickstart's pretraining. Keeping the pages costs up to 5 % more peak
    memory.
    """
    mallopt = _glibc("mallopt")
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, -1)


def give_back_freed_memory() -> None:
    """Return free memory to the kernel: batches of many shapes leave gaps too small for later ones, which add up."""
    _glibc("malloc_trim")(0)


def _glibc(name: str) -> Callable[..., Any]:
    """A function of glibc, or one that does nothing where there is no glibc."""
    found = getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None
    return found or (lambda *_: None)
