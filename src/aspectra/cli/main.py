"""The entry point of the command line: finds the command, turns every error into one line, sets the exit code.

A command's module is imported when it is called, so that `aspectra --help` is fast. Exit codes: 0 done, 1 failed, 2
invalid input, 130 interrupted.
"""

from __future__ import annotations

import errno
import math
import os
import re
import signal
import sys
import time
from importlib import import_module
from traceback import walk_tb
from typing import Any, TextIO

import typer
from typer.core import TyperGroup

from aspectra.errors import FULL, AspectraError, of_system, unknown

COMMANDS = {
    "run": "Run the whole chain in one command; without a config, the offline quickstart.",
    "distil": "Distill your own LLM into a small model, in one command.",
    "elicit": "Ask an LLM to analyze and rewrite reviews; no paid answer is lost.",
    "corpus": "Turn responses into training text and silver labels.",
    "pretrain": "Distill the corpus into a small language model.",
    "finetune": "Fine-tune a student on labeled sentences of a task.",
    "evaluate": "Run a student over a test set and score it.",
    "score": "Score the predictions of any system.",
    "benchmark": "Compare students, LLMs and prediction files in one table and one report.",
    "zero-shot": "Classify polarities without labeled examples, with a student or an LLM.",
    "export": "Convert a fine-tuned student to a folder that runs fast and without torch.",
    "analyze": "Find the opinions in a table of reviews, and write a file and a report.",
    "check": "Check how accurate a reader is on your own reviews.",
    "serve": "Serve a student over HTTP: an API and a web page.",
    "data": "List, fetch, draw from, import and count labeled sets.",
    "models": "List the students with a name, or put one on disk.",
    "doctor": "Show what is installed, and which features miss a package.",
}

INTERRUPTED = 130
TWICE = 1.0  # seconds: `timeout` sends SIGTERM to its command and then to the group, which is one stop
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What a user's path can be besides missing; workers report the important cases in their own words.
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR)


class Lazy(TyperGroup):
    """A group whose commands are modules of `aspectra.cli`, each with a Typer `app`."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            if cmd_name.startswith("-"):
                return None
            raise unknown("command", cmd_name, COMMANDS)
        command = typer.main.get_command(import_module(f"aspectra.cli.{cmd_name.replace('-', '_')}").app)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


app = typer.Typer(
    cls=Lazy,
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("aspectra"))
        raise typer.Exit()


@app.callback(epilog="Example: aspectra run    (needs no LLM, no GPU and no labels; ten minutes on a laptop)")
def aspectra(
    version: bool = typer.Option(False, "--version", help="Print the version.", callback=show_version, is_eager=True),
) -> None:
    """Distill an LLM's understanding of opinions into a small model that you own."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns."""
    stop_on_sigterm()
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def stop_on_sigterm() -> None:
    """What containers and services send to stop a run ends it like Ctrl-C, so that answers in flight are stored."""
    owner, last = os.getpid(), -math.inf

    def stop(number: int, frame: object) -> None:
        nonlocal last
        if os.getpid() != owner:  # a process that was forked from this one ends as usual
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        before, last = last, time.monotonic()
        if last - before < TWICE:
            return
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as for what a script runs in the background
            raise KeyboardInterrupt
        signal.raise_signal(signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; errors are printed as one line on stderr."""
    from typer._click.exceptions import ClickException, NoArgsIsHelpError

    try:
        result = app(arguments, prog_name="aspectra", standalone_mode=False)
        if result == INTERRUPTED:  # Typer's exit code for a KeyboardInterrupt
            raise KeyboardInterrupt
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except NoArgsIsHelpError as error:
        print(error.format_message())
        return 2
    except ClickException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else "aspectra"
        complain(f"{error.format_message()} (see '{command} --help')")
        return 2
    except AspectraError as error:
        complain(str(error))
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted; run the same command to go on from here")
        return INTERRUPTED
    except BrokenPipeError:
        to_nobody(sys.stdout)
        return 0
    except SystemExit as left:  # Typer and rich raise it for any broken pipe
        if not isinstance(left.__context__, BrokenPipeError):
            raise
        if of_output(left):
            return 0
        complain("a pipe broke before the work was done; run the same command again")
        return 1
    except OSError as error:
        if error.errno in FULL:
            complain(str(of_system(error)))
            return 2
        if error.errno not in CLOSED or not error.filename:
            raise
        complain(f"cannot use {error.filename}: {error.strerror}; name another file or folder")
        return 2


def of_output(left: SystemExit) -> bool:
    """Whether the broken pipe was stdout, after the work was done: the reader of the output has exited."""
    broken = left.__context__.__traceback__ if left.__context__ else None
    # Typer catches the error outside the command, rich inside it: one of the two has our innermost module.
    frames = [frame for trace in (left.__traceback__, broken) for frame, _ in walk_tb(trace)]
    names = [str(frame.f_globals.get("__name__")) for frame in frames]
    return [name for name in names if name.startswith("aspectra.")][-1].startswith("aspectra.cli.")


def complain(text: str) -> None:
    """Print one line on stderr, with the text's line breaks removed, and a mark for what would steer a terminal."""
    line = CONTROL.sub("\ufffd", " ".join(text.split()))
    try:
        print(f"aspectra: error: {line}", file=sys.stderr, flush=True)
    except BrokenPipeError:  # stderr is closed: only the exit code tells
        to_nobody(sys.stderr)


def to_nobody(stream: TextIO) -> None:
    """Discard what a stream still buffers, so that Python does not fail when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
