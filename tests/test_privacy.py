"""Reading reviews leaves nothing behind and asks no network."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

READ = "import aspectra; print(aspectra.load().extract(['The soup was cold.'])[0].opinions)"


def test_reading_leaves_no_usage_report(tmp_path: Path) -> None:
    # onnxruntime keeps its usage reports in the home folder until it sends them, minutes later.
    ours = ("ORT_", "XDG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", READ], capture_output=True, text=True, env=environment | {"HOME": str(tmp_path)}
    )
    assert "soup" in done.stdout, done.stderr
    assert list(tmp_path.rglob("*")) == []
