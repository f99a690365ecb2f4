"""Locks: one writer at a time in a folder or of a file. Called by `aspectra.elicit`, `benchmark` and `analyze`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from aspectra.errors import UserError, of_system

LOCK = ".lock"


def take_lock(folder: Path, of: str = "") -> IO[str]:
    """Lock a folder, or the file `of` in it, until the stream is closed or the process dies in any way. Raises
    UserError.
    """
    import fcntl

    stream = (folder / (f".{of}{LOCK}" if of else LOCK)).open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        pid = stream.read().strip() or "?"
        stream.close()
        raise UserError(f"another run (process {pid}) is writing to {folder / of}; wait for it or stop it") from None
    stream.truncate(0)
    stream.write(str(os.getpid()))
    stream.flush()
    return stream


@contextmanager
def held(out: Path) -> Iterator[None]:
    """Hold the lock of an output file, and remove the lock file afterwards. Raises UserError."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # A lock file that its holder removed while this process opened it locks nobody out: try again.
        while not os.fstat((stream := take_lock(out.parent, out.name)).fileno()).st_nlink:
            stream.close()
    except OSError as error:
        raise of_system(error, out, "write") from error
    with stream:
        try:
            yield
        finally:
            Path(stream.name).unlink(missing_ok=True)
