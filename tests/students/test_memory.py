"""Memory that training frees stays with the process."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

PAGES = """
import resource, sys, torch
from aspectra.students.memory import keep_freed_memory
if sys.argv[1] == "kept":
    keep_freed_memory()
torch.ones(128 << 20)  # more than is asked for later: an aligned block does not always fit where one of its size was
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    torch.ones(16 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PAGES, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def has_glibc() -> bool:
    return sys.platform.startswith("linux") and hasattr(ctypes.CDLL(None), "mallopt")


@pytest.mark.skipif(not has_glibc(), reason="only glibc's malloc can be told so")
def test_freed_memory_is_used_again_without_asking_the_kernel() -> None:
    left, kept = pages("left"), pages("kept")
    assert kept < left / 4, f"4 tensors of 64 MB: {left} pages were fetched, and {kept} with memory kept"
