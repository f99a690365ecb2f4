"""The reviews as a file: one that is named, or what comes in on a pipe. Called by `aspectra.analyze.analysis`."""

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

STDIN = "-"  # in the place of a file
PACKED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ")  # how packed files begin
FORMATS = ("csv", "tsv", "jsonl")


@contextmanager
def at_hand(reviews: Path, out: Path, kind: str | None) -> Iterator[tuple[Path, str]]:
    """The file of the reviews, and what a report calls them.

    They are read more than once, so standard input (`-`) is kept in a folder beside `out`, which is removed in the end.
    It is of the `kind` csv, tsv or jsonl; by itself, a stream that begins with `{` or `[` is JSON, and CSV else.

    Raises UserError for a file that cannot be read or is `out` itself, a `kind` that is given for a file, and a
    terminal in the place of a pipe, where nothing would come.
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
    """Keep a stream in a file of the folder. Returns the file. Raises UserError for what would have to be unpacked."""
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
