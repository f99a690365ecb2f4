"""Opens text files, compressed or not, in any encoding; errors are one line.

Called by the readers of `aspectra.rows`, and by readers of other text files.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from aspectra.errors import UserError
from aspectra.rows.contents import recognized
from aspectra.rows.encodings import check_encoding, marked, settled, unlike
from aspectra.rows.misread import unreadable

PACKED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
HEAD = 4096  # bytes for detecting an encoding


def kind(path: Path) -> str:
    """A file's suffix in lower case, without that of its compression: `.csv` for `reviews.csv.gz`."""
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in PACKED else suffix


def check_file(path: Path) -> None:
    """Raise UserError unless the file can be opened for reading."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; name a file")
    try:
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise UserError(f"no file {path}") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def nothing(path: Path) -> str:
    """Why a readable file has no rows."""
    return "it has no rows" if path.stat().st_size else "it is empty"


@contextmanager
def text_file(path: Path, encoding: str | None = None, fixed: bool = False) -> Iterator[IO[str]]:
    """Open a text file, decompressed, with line ends unchanged. Encoding: its byte-order mark, else `encoding`, else
    UTF-8. `fixed`: the file must be UTF-8, and no command that reads it has --encoding.

    Raises UserError for a file that cannot be opened or is not text, an unknown encoding, and bytes that do not fit it:
    with the line, the byte, and the likely encoding.
    """
    check_file(path)
    if encoding is not None:
        check_encoding(encoding)
    try:
        with unpacked(path) as source:
            head = source.peek(HEAD)[:HEAD]
            if (found := recognized(head)) is not None:
                raise UserError(f"{path} is not text but {found[0]}; {found[1]}")
            if (mark := marked(head)) is None:
                name = settled(path, head, encoding, fixed)
            else:
                # Byte-order marks are not part of the text, even if an encoding was named.
                name, marks = mark
                source.read(len(marks))
            try:
                if mark is None and unlike(name, head):
                    raise UnicodeError
                yield io.TextIOWrapper(source, encoding=name, newline="")
            except UnicodeError as error:
                with unpacked(path) as again:
                    raise unreadable(path, again, name, encoding, error, fixed) from None
    except (gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError) as error:
        raise UserError(f"{path} cannot be uncompressed ({error}); is the file complete?") from None
    except OSError as error:
        if path.suffix.lower() not in PACKED:
            raise
        raise UserError(f"{path} cannot be uncompressed ({error}); is the file complete?") from None


def unpacked(path: Path) -> io.BufferedReader:
    """The bytes of a file, decompressed by its suffix."""
    opened = PACKED.get(path.suffix.lower())
    return path.open("rb") if opened is None else io.BufferedReader(opened(path, "rb"))
