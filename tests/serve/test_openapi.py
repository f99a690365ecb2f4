"""The OpenAPI document holds: schemathesis makes requests of it and checks every answer against it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.meaning.words import write_words
from tests.serve.stand_in import service


@pytest.mark.slow
@pytest.mark.parametrize("token", [None, "sesame"])
def test_schemathesis_finds_no_failure(token: str | None, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="needs the package schemathesis, which is not installed")
    with service(token=token, words=write_words(tmp_path)) as running:
        command = [
            sys.executable,
            "-c",
            "from schemathesis.cli import schemathesis; schemathesis()",
            "run",
            f"{running.url}/openapi.json",
            "--checks=all",
            "--phases=examples,coverage,fuzzing,stateful",
            "--max-examples=40",
            "--seed=7",
            "--no-color",
            *([f"--header=Authorization: Bearer {token}"] if token else []),
        ]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert running.process.poll() is None
