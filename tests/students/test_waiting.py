"""Threads wait awake, unless the user says otherwise; the setting comes before torch, which reads it once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aspectra.students.waiting import POLICY, stay_awake

LATE = """
import sys
from aspectra.cli.main import main
from aspectra.students import {module}
{module}.stay_awake = lambda: print("torch" in sys.modules)
sys.argv = ["aspectra", *sys.argv[1:]]
main()
"""


def test_threads_wait_awake_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(POLICY, raising=False)
    stay_awake()
    assert os.environ[POLICY] == "active"
    monkeypatch.setenv(POLICY, "passive")
    stay_awake()
    assert os.environ[POLICY] == "passive"


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("pretrain", ["pretrain", "nowhere", "--student", "minilm-l6", "--out", "out"]),
        ("finetune", ["finetune", "--student", "minilm-l6", "--task", "atsa", "--data", "nowhere", "--out", "out"]),
    ],
)
def test_it_is_set_before_torch_is_imported(module: str, words: list[str], tmp_path: Path) -> None:
    script = LATE.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stdout.splitlines() == ["False"], done.stderr[-500:]
