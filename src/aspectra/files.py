"""Atomic writes, and hashes of files. Called by every stage."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from aspectra.errors import UserError, of_system


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`. On success it is renamed to `path`, on failure removed.

    Raises UserError if the disk is full or the folder is not writable.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise of_system(error, path, "write") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def make_folder(folder: Path) -> None:
    """Create a folder that --out names, if it is not there. Raises UserError if that is not possible."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot create the folder {folder} ({error.strerror}); name another with --out") from None


def torn(path: Path) -> bool:
    """Whether a file is left over from a killed `replacing`: `.NAME.` and eight letters from mkstemp."""
    return re.fullmatch(r"\..+\.[a-z0-9_]{8}", path.name) is not None


def copy_head(path: Path, size: int, into: BinaryIO) -> None:
    """Copy the first `size` bytes of a file. With size 0 the file need not exist."""
    if not size:
        return
    with path.open("rb") as stream:
        while size and (part := stream.read(min(size, 1 << 20))):
            into.write(part)
            size -= len(part)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically, with newlines as they are."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON atomically; keys keep their order."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal strings, so that they can be hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(path: Path) -> str:
    """Hex digest of a file, or of a folder: then of its files' names and digests, without hidden files."""
    if path.is_dir():
        parts = [
            f"{file.relative_to(path).as_posix()} {sha256(file)}"
            for file in sorted(path.rglob("*"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
