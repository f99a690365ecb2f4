"""Commands that are started as processes of their own, to be killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def start(*command: str) -> subprocess.Popen[bytes]:
    """`aspectra` with these words, on one thread."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    words = [sys.executable, "-m", "aspectra", *command]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)


def ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for an end without a fault."""
    _, error = process.communicate()
    assert process.returncode == 0, error.decode()[-2000:]


def kill_when(process: subprocess.Popen[bytes], out: Path, sign: str) -> None:
    """Let it run until a file of that pattern is in its folder, then SIGKILL."""
    kill_once(process, lambda: any(out.glob(sign)), sign)


def kill_once(process: subprocess.Popen[bytes], there: Callable[[], bool], sign: str) -> None:
    """Let it run until that holds, then SIGKILL; `sign` says what it is."""
    while process.poll() is None:
        if there():
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    _, error = process.communicate()
    assert process.returncode == -signal.SIGKILL, f"it ended before {sign} was there: {error.decode()[-2000:]}"
