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
from aspectra.rows.contents import recognized
from aspectra.rows.encodings import marked

STDIN = "-"  # stands for standard input
NAME = "standard input"
FIRST = 1 << 16  # bytes that show the format
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
    if sys.stdin.isatty():
        raise UserError("standard input is empty; pipe reviews in, or name a file")
    folder = out.with_name(f"{out.name}.stdin")
    try:
        path = spool(sys.stdin.buffer, folder, kind)
        try:
            yield path, NAME
        except UserError as error:
            if str(path) not in str(error):
                raise
            raise UserError(str(error).replace(str(path), NAME)) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def spool(stream: BinaryIO, folder: Path, kind: str | None) -> Path:
    """Store a stream in a file of the folder, and return it. Raises UserError for one that is empty or not text."""
    first = stream.read(FIRST)
    mark = marked(first)
    bare = first.removeprefix(mark[1] if mark else b"").lstrip(b"\0 \t\r\n")  # with zeros it is UTF-16
    if len(first) < FIRST and not bare:
        raise UserError(f"{NAME} has no reviews (it is empty)")
    if (found := recognized(first)) is not None:
        raise UserError(f"{NAME} is not text but {found[0]}; name the file instead")
    say(f"{NAME} is stored beside --out for now; to go on after a stop, pipe the same data in again")
    if kind is None:
        kind = "jsonl" if bare[:1] in (b"{", b"[") else "csv"
    path = folder / f"stdin.{kind}"
    with replacing(path) as temporary, temporary.open("wb") as out:
        while first:
            out.write(first)
            first = stream.read(1 << 20)
    return path
