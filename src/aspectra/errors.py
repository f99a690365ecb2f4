"""Exceptions whose text is the one line that the command line prints.

Raised everywhere; caught only in `aspectra.cli.main`.
"""

from __future__ import annotations

import difflib
import errno
import re
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
    command = next(made_by, "pip install -c constraints.txt")
    return f"'{extra}': {command} 'PATH[{extra}]' (PATH: Aspectra's folder, which has constraints.txt, or its wheel)"


def unknown(kind: str, given: str, known: Iterable[str]) -> UserError:
    """A `UserError` for an unknown name, with the nearest known one and all known ones.

    >>> str(unknown("task", "atsb", ["atsa", "acsa"]))
    "unknown task 'atsb'; did you mean 'atsa'? There are: acsa, atsa"
    """
    names = sorted(known)
    return UserError(f"unknown {kind} '{given}'{hint(given, names)} There are: {', '.join(names)}")


def no_column(
    where: Path | str, names: Iterable[str], option: str, given: str | None = None, what: str | None = None
) -> UserError:
    """A `UserError` for a table without a column: the `given` one; or any for `what`, by default what `option` names.

    >>> str(no_column("a.csv", ["id", "Day"], "--date", "days"))
    "a.csv has no column 'days' for --date; did you mean 'Day'? It has: id, Day"
    >>> str(no_column("a.csv", ["id", "day"], "--text-column"))
    'a.csv has no text column; name it with --text-column. It has: id, day'
    """
    names = list(map(str, names))
    has = f"It has: {', '.join(names)}{separated(str(where), names)}"
    if given is None:
        what = what or option.removeprefix("--").removesuffix("-column")
        told = f"{what} column; name it with {option}."
    else:
        told = f"column '{given}' for {option}{hint(given, names, 0.6)}"
    return UserError(f"{where} has no {told} {has}")


TABLE = re.compile(r"\.[ct]sv(\.\w+)?(, .*)?$", re.IGNORECASE)
MARK = re.compile(r"(?<=\w)[\"']?\s*?(?P<mark>[,;|\t^~:#$%*+=!\\\x00-\x1f\u00a6])[\"']?\s*?(?=\w)|^\w+(?P<space> )\w+$")
SPELLED = {"\t": "tab", " ": "space"}


def separated(where: str, names: list[str]) -> str:
    """Advice for a table of text whose only column has what may be a delimiter, as the end of a message.

    >>> separated("a.csv", ["id^text"]), separated("a.jsonl", ["id^text"]), separated("a.csv", ["id", "day"])
    ("; if '^' separates its columns, add --delimiter '^'", '', '')
    """
    found = MARK.search(names[0]) if len(names) == 1 and TABLE.search(where) else None
    if found is None:
        return ""
    mark = found["mark"] or found["space"]
    shown = SPELLED.get(mark, mark)
    return f"; if {shown!r} separates its columns, add --delimiter {shown!r}"


def hint(given: str, known: Iterable[str], least: float = 0.5) -> str:
    """The known name that is most similar to a given one, ignoring case, as the end of a message.

    `least` is the similarity that it needs, from 0 to 1 (`difflib`).

    >>> hint("Dat", ["id", "date"]), hint("Dat", ["id"])
    ("; did you mean 'date'?", '.')
    """
    names = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(given.casefold(), names, n=1, cutoff=least)
    return f"; did you mean '{names[near[0]]}'?" if near else "."
