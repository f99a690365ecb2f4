"""Processes that need not import torch: each is forked from a server that did so once, for all tests of a session.

A process of its own takes five seconds of a core to import what trains; forking takes none of them. The server trains
nothing itself and has no threads of torch's, so that its children may. They are killed, waited for and counted as any.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable
from contextlib import chdir
from multiprocessing import forkserver, get_context
from pathlib import Path
from typing import Any, NamedTuple

HEAVY = "tests.heavy"
ROOT = Path(__file__).parents[1]


class Ended(NamedTuple):
    """What came of a process: its exit code, or minus the signal that ended it, and what it said on stderr."""

    returncode: int
    stderr: str


def process(target: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """A process that is not started yet; it has the environment that this one has now."""
    context = get_context("forkserver")
    context.set_forkserver_preload([HEAVY])
    with chdir(ROOT):  # from where the server, once, imports what is heavy; a test may be elsewhere
        forkserver.ensure_running()
    return context.Process(target=begin, args=(dict(os.environ), target, *arguments), **options)


def begin(environment: dict[str, str], target: Callable[..., Any], *arguments: Any) -> None:
    """The server has the environment of its own beginning."""
    os.environ.clear()
    os.environ.update(environment)
    target(*arguments)


def run(script: Path, *arguments: str) -> Ended:
    """Run a script to its end, as `python SCRIPT ARGUMENTS` would."""
    told = script.with_suffix(".stderr")
    made = process(play, str(script), arguments, str(told))
    made.start()
    made.join()
    return Ended(made.exitcode, told.read_text(encoding="utf-8"))


def play(script: str, arguments: tuple[str, ...], told: str) -> None:
    stream = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(stream, sys.stderr.fileno())
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")
