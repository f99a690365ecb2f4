"""One writer at a time in a folder. Called by `aspectra.elicit` and `aspectra.benchmark`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

from aspectra.errors import UserError

LOCK = ".lock"


def take_lock(folder: Path) -> IO[str]:
    """Hold the folder's lock until the file is closed or the process dies, however it dies. Raises UserError."""
    import fcntl

    stream = (folder / LOCK).open("a+", encoding="utf-8")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        pid = stream.read().strip() or "?"
        stream.close()
        raise UserError(f"another run (process {pid}) is writing to {folder}; wait for it or stop it") from None
    stream.truncate(0)
    stream.write(str(os.getpid()))
    stream.flush()
    return stream
