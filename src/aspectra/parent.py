"""Worker processes that end with their parent. Called by `analyze.processes` and `benchmark.workers`."""

from __future__ import annotations

import os
import time


def outlive(parent: int) -> None:
    """End with the parent. Polled, because a pipe's end may be inherited by other children."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
