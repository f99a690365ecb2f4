"""A page that is typed as written: its files saved, its commands run in one shell, what they print compared.

In such a page a block of `sh` is typed, and a block without a name behind it is what it prints, `...` for anything. A
block of another kind is saved as the file that the line above it names, before its colon.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).resolve().parents[2] / "docs" / "guides"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`([\w.-]+)`[^`\n]*:\n+\Z")


class Typed(NamedTuple):
    """A block of commands, and what the page says that it prints; None where it says nothing of it."""

    commands: str
    shown: str | None


def blocks(page: str) -> tuple[dict[str, str], list[Typed]]:
    """The files of a page by name, and its commands in their order."""
    text = (PAGES / page).read_text(encoding="utf-8")
    files: dict[str, str] = {}
    steps: list[Typed] = []
    for block in BLOCK.finditer(text):
        kind, body = block.groups()
        if kind == "sh":
            steps.append(Typed(body, None))
        elif kind:
            named = NAMED.search(text[: block.start()])
            assert named, f"{page}: no line names the file of this block:\n{body}"
            files[named[1]] = body
        else:
            assert steps and steps[-1].shown is None, f"{page}: what prints this?\n{body}"
            steps[-1] = Typed(steps[-1].commands, body)
    return files, steps


def type_out(page: str, folder: Path) -> list[str]:
    """Do what a page says in a folder; returns what each block printed. Fails at the first command that fails."""
    files, steps = blocks(page)
    for name, body in files.items():
        (folder / name).write_text(body, encoding="utf-8")
    tools = folder / ".tools"
    tools.mkdir()
    for name, words in (("aspectra", "-m aspectra"), ("python", "")):
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    script = "set -e\n"
    for number, step in enumerate(steps):
        script += f"{{\n{step.commands}}} > {tools}/{number}\n"
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True)
    said = [(tools / str(number)) for number in range(len(steps))]
    told = [file.read_text(encoding="utf-8") if file.exists() else "" for file in said]
    assert done.returncode == 0, f"{page}: {steps[sum(map(Path.exists, said)) - 1].commands}\n{done.stderr[-2000:]}"
    return told


def alike(shown: str, told: str) -> bool:
    """Whether a command prints what the page shows, white space at the ends of lines aside."""
    one, other = ("\n".join(map(str.rstrip, text.strip().splitlines())) for text in (shown, told))
    return re.fullmatch(".*?".join(map(re.escape, one.split("..."))), other, re.DOTALL) is not None
