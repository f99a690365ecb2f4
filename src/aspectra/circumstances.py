"""How a result was made: versions, commit, machine, and time.

Called by `aspectra.manifest` and by code that writes its own manifest; `aspectra doctor` shows the same.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

VERSIONED = (
    "aspectra",
    "torch",
    "transformers",
    "peft",
    "pyarrow",
    "aiohttp",
    "xllamacpp",
    "ctranslate2",
    "onnxruntime",
    "tokenizers",
)


def circumstances(started: float) -> dict[str, Any]:
    """The provenance in every manifest: versions, commit, machine, seconds since `started`, UTC time."""
    return {
        "versions": versions(),
        "commit": commit(),
        "machine": machine(),
        "seconds": round(time.time() - started, 1),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that affect results."""
    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def commit() -> str | None:
    """The git commit of the checkout with this code, with '+' if it has changes; None outside a checkout."""
    here = Path(__file__).resolve().parents[2]
    if not (here / ".git").exists():
        return None
    try:
        head = subprocess.run(["git", "-C", here, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True)
        dirty = subprocess.run(["git", "-C", here, "status", "--porcelain", "-uno"], capture_output=True, text=True)
    except OSError:
        return None
    return head.stdout.strip() + ("+" if dirty.stdout.strip() else "") if head.returncode == 0 else None


def machine() -> dict[str, Any]:
    """The machine: system, processor, cores, and the GPU if torch is loaded and has one."""
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    found = {"system": platform.system(), "processor": model, "cores": os.cpu_count()}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = torch.cuda.get_device_name()
    return found
