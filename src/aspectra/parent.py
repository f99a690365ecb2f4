"""Worker processes that end with their parent. Called by `analyze.processes` and `benchmark.workers`."""

from __future__ import annotations

import os
import time


def outlive(parent: int) -> None:
    """Exit when the parent ends. Polls, because other children may inherit a pipe's end."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)
