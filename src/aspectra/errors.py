"""Exceptions whose text is the one line that the command line prints.

Raised everywhere; caught only in `aspectra.cli.main`.
"""

from __future__ import annotations

import difflib
import errno
import sys
from collections.abc import Iterable
from pathlib import Path


class AspectraError(Exception):
    """Failed for a reason outside the program (exit 1), such as an endpoint that went away."""

    exit_code = 1


class EndpointError(AspectraError):
    """An LLM's endpoint is not answering: further requests would fail too."""


class UserError(AspectraError):
    """The input is wrong and the user can fix it (exit 2). The text says what is wrong and what to do."""

    exit_code = 2


FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MENDABLE = frozenset(
    {
        errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST,
        errno.ENAMETOOLONG, errno.ELOOP,
    }
)  # fmt: skip


def of_system(error: OSError, path: Path | str | None = None, verb: str = "use") -> AspectraError:
    """The error of the operating system as one line: UserError if the user can fix it, including a full disk."""
    where = path or error.filename
    if error.errno in FULL:
        what = f"{where} was not written; " if where else ""
        return UserError(f"the disk is full: {what}free some space and run the same command again")
    text = f"cannot {verb} {where}: {error.strerror}" if where else str(error.strerror or error)
    return UserError(text) if error.errno in MENDABLE else AspectraError(text)


class RefusedError(EndpointError, UserError):
    """An endpoint that does not exist, or rejects the key or the model: the user can fix this."""


class MissingExtraError(UserError):
    """A package of an optional extra is not installed."""

    def __init__(self, extra: str, what: str) -> None:
        super().__init__(f"{what} needs the extra {had_by(extra)}")


# By a file that each leaves in an environment that it made: pip is missing there, or what it adds is lost later.
INSTALLERS = {"pipx_metadata.json": "pipx install --force", "uv-receipt.toml": "uv tool install --force"}


def had_by(extra: str) -> str:
    """An extra's name and the command that installs it here. Aspectra is not on a package index."""
    made_by = (command for file, command in INSTALLERS.items() if Path(sys.prefix, file).is_file())
    return f"'{extra}': {next(made_by, 'pip install')} 'PATH[{extra}]' (PATH: Aspectra's wheel or folder)"


def unknown(kind: str, given: str, known: Iterable[str]) -> UserError:
    """A `UserError` for an unknown name, with the nearest known one and all known ones.

    >>> str(unknown("task", "atsb", ["atsa", "acsa"]))
    "unknown task 'atsb'; did you mean 'atsa'? There are: acsa, atsa"
    """
    names = sorted(known)
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"; did you mean '{near[0]}'?" if near else "."
    return UserError(f"unknown {kind} '{given}'{hint} There are: {', '.join(names)}")
