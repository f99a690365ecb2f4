"""Memory that training frees stays with the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

PAGES = """
import resource, sys, torch
from aspectra.student import machine
if sys.argv[1] == "kept":
    machine.keep_freed_memory()
torch.ones(2 << 20)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    torch.ones(2 << 20)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", PAGES, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's malloc is of Linux")
def test_freed_memory_is_used_again_without_asking_the_kernel() -> None:
    left, kept = pages("left"), pages("kept")
    assert kept < left / 4, f"8 tensors of 8 MB: {left} pages were fetched, and {kept} with memory kept"
