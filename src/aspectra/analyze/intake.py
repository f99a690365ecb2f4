"""The reviews as a file: a named one, or a copy of standard input. Called by `aspectra.analyze.analysis`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from aspectra.errors import UserError, unknown
from aspectra.files import replacing
from aspectra.progress import say
from aspectra.rows import check_file

STDIN = "-"  # stands for standard input
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")  # magic numbers of compressed files
FORMATS = ("csv", "tsv", "jsonl")


@contextmanager
def at_hand(reviews: Path, out: Path, kind: str | None) -> Iterator[tuple[Path, str]]:
    """The file of the reviews, and its name for a report.

    The file is read more than once, so standard input (`-`) is stored in a folder beside `out`, which is removed at the
    end. Its format, `kind`, is csv, tsv or jsonl. By default, a stream that starts with `{` or `[` is JSON, and any
    other CSV.

    Raises UserError if the file cannot be read or is `out` itself, if `kind` is given for a file, and if standard input
    is a terminal, which would send nothing.
    """
    if kind is not None and kind not in FORMATS:
        raise unknown("format", kind, FORMATS)
    if str(reviews) != STDIN:
        if kind is not None:
            raise UserError("--format is only for standard input (-); the suffix of a file gives its format")
        check_file(reviews)
        if reviews.resolve() == out.resolve():
            raise UserError(f"--out {out} is the file of the reviews; name another")
        yield reviews, reviews.name
        return
    say("standard input is stored beside --out for now; to go on after a stop, pipe the same data in again")
    if sys.stdin.isatty():
        raise UserError("standard input is empty; pipe reviews in, or name a file")
    folder = out.with_name(f"{out.name}.stdin")
    try:
        yield spool(sys.stdin.buffer, folder, kind), "standard input"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spool(stream: BinaryIO, folder: Path, kind: str | None) -> Path:
    """Store a stream in a file of the folder, and return the file. Raises UserError for compressed data."""
    first = stream.read(1 << 16)
    if first.startswith(PACKED):
        raise UserError("standard input is compressed or a workbook; uncompress it, or name the file instead")
    if kind is None:
        kind = "jsonl" if first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[") else "csv"
    path = folder / f"stdin.{kind}"
    with replacing(path) as temporary, temporary.open("wb") as out:
        while first:
            out.write(first)
            first = stream.read(1 << 20)
    return path
