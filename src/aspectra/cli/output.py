"""Prints tables for people and JSON for pipes, both on stdout. Called by the commands."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from textwrap import fill
from typing import Any

GAP = 2  # spaces between columns
NUMBER = re.compile(r"-|[-+]?\d+(\.\d+)?")


def write(value: Any) -> None:
    """One JSON document on stdout."""
    print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)  # flush, because `serve` keeps running


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Print a table on stdout; numbers are right-aligned, fractions have four digits.

    No word is broken. If the terminal is too narrow, headers wrap first, then cells, both between words. If that is not
    enough, each row becomes a block with a line for each column.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    texts = [[cell(value) for value in row] for row in rows]
    console = Console(highlight=False)
    if title:
        console.print(title, style="italic", markup=False, soft_wrap=True)
    found = widths(columns, texts, console.width)
    if found is None:
        blocks(columns, texts, console.width)
        return
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for index, (column, width) in enumerate(zip(columns, found, strict=True)):
        numeric = bool(texts) and all(NUMBER.fullmatch(line[index]) for line in texts)
        shown.add_column(column, justify="right" if numeric else "left", width=width)
    for line in texts:
        shown.add_row(*map(Text, line))
    console.print(shown)
    console.print()


def widths(columns: Sequence[str], texts: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """A width for each column, so that all fit into `room`; None if a word would have to be broken."""
    from rich.cells import cell_len

    def wide(parts: Iterable[str]) -> int:
        return max(map(cell_len, parts), default=0)

    def words(parts: Iterable[str]) -> int:
        return wide(word for part in parts for word in part.split())

    room -= GAP * (len(columns) - 1)
    body = [[line[index] for line in texts] for index in range(len(columns))]
    found = [max(wide([head]), wide(part)) for head, part in zip(columns, body, strict=True)]
    for floors in (
        [max(words([head]), wide(part)) for head, part in zip(columns, body, strict=True)],
        [words([head, *part]) for head, part in zip(columns, body, strict=True)],
    ):
        while sum(found) > room and (spare := [i for i, width in enumerate(found) if width > floors[i]]):
            found[max(spare, key=found.__getitem__)] -= 1
    return found if sum(found) <= room else None


def blocks(columns: Sequence[str], texts: Sequence[Sequence[str]], room: int) -> None:
    """Print each row as lines of column and value; words longer than the terminal are not broken, for copying."""
    left = max(map(len, columns)) + GAP
    for line in texts:
        for column, text in zip(columns, line, strict=True):
            folded = fill(
                text,
                room,
                initial_indent=f"{column:{left}}",
                subsequent_indent=" " * left,
                break_long_words=False,
                break_on_hyphens=False,
            )
            print(folded or column)
        print()


def percent(fraction: float | None) -> str | None:
    """A fraction in percent without the sign, for display; JSON has the fraction.

    >>> percent(0.6123)
    '61.23'
    """
    return None if fraction is None else f"{100 * fraction:.2f}"


def cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def leads() -> bool:
    """Whether this process prints: the first of those that `torchrun` started."""
    return os.environ.get("RANK", "0") == "0"
