"""A shell completes commands and options: what the script that `--install-completion` writes asks and is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from aspectra.cli.main import COMMANDS


def completed(words: str) -> list[str]:
    """What is offered for the last of the words, as bash asks for it."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1), "_ASPECTRA_COMPLETE": "complete_bash"}
    command = [sys.executable, "-m", "aspectra"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **asked})
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("aspectra ", [*COMMANDS]),
        ("aspectra z", ["zero-shot"]),
        ("aspectra data dr", ["draw"]),
        ("aspectra elicit --batch-", ["--batch-out", "--batch-size", "--batch-in"]),
        ("aspectra nothing --", []),
    ],
)
def test_commands_and_options_are_offered(words: str, offered: list[str]) -> None:
    assert completed(words) == offered


def test_the_script_is_that_of_the_shell_that_asks() -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("needs bash, which is not here")
    asked = [bash, "-c", f"{sys.executable} -m aspectra --show-completion; exit $?"]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0 and "complete -o default -F" in done.stdout, done.stderr
