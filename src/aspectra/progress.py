"""A progress bar with the remaining time for work of more than two seconds; all messages go to stderr.

On a terminal it moves; in a log it is a line every ten seconds. Called by the workers of every stage.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


def say(text: str) -> None:
    """Print one line on stderr."""
    print(text, file=sys.stderr, flush=True)


def loading(text: str) -> None:
    """Say what takes some seconds now to somebody who waits at a terminal; a log needs no such line."""
    if sys.stderr.isatty():
        say(text)


class Bar:
    """The progress of a stage: `advance(n, note)` moves it; the note is shown after the bar."""

    def __init__(self, label: str, total: float | None) -> None:
        self.label, self.total, self.done, self.note = label, total, 0.0, ""
        self.started = self.spoken = time.monotonic()

    def advance(self, amount: float = 1, note: str | None = None) -> None:
        self.done += amount
        if note is not None:
            self.note = note
        self.show()

    def tell(self, text: str) -> None:
        """Report the progress of a part of the work."""
        say(text)

    def show(self) -> None:
        now = time.monotonic()
        if now - self.spoken >= 10:
            self.spoken = now
            # A worker's stream has `tick`, which reports progress to the parent.
            getattr(sys.stderr, "tick", say)(self.line(now))

    def line(self, now: float) -> str:
        spent = now - self.started
        text = f"{self.label}: {self.done:g}"
        if self.total:
            text += f" of {self.total:g}"
            if self.done:
                text += f", {clock(spent / self.done * (self.total - self.done))} left"
        return text + (f", {self.note}" if self.note else "")


def clock(seconds: float) -> str:
    """Seconds as `12 s`, `3:05` or `1:02:03`.

    >>> clock(12.4), clock(185), clock(3723)
    ('12 s', '3:05', '1:02:03')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def dollars(amount: float) -> str:
    """An amount without an exponent.

    >>> dollars(5), dollars(0.00001), dollars(12.5)
    ('5', '0.00001', '12.5')
    """
    return f"{amount:.8f}".rstrip("0").rstrip(".")


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "review"), counted(2000, "review")
    ('1 review', '2,000 reviews')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


SHOWN = 10  # of a list in a message


def first_few(found: Sequence[str], total: int | None = None) -> str:
    """The first items of a list, and the number of the others; `total` if `found` has only the first ones.

    >>> first_few(["line 2", "line 4"]), first_few(["line 2"] * 10, 12)[-26:]
    ('line 2; line 4', 'line 2; line 2; and 2 more')
    """
    left = (len(found) if total is None else total) - SHOWN
    return "; ".join(found[:SHOWN]) + (f"; and {left:,} more" if left > 0 else "")


@contextmanager
def progress(label: str, total: float | None) -> Iterator[Bar]:
    """Show a bar for the work inside the block."""
    if not sys.stderr.isatty():
        yield Bar(label, total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.table import Column

    def whole() -> Column:
        return Column(no_wrap=True)  # on a narrow terminal, the note wraps and no figure is cut

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        MofNCompleteColumn(table_column=whole()),
        TimeElapsedColumn(table_column=whole()),
        TextColumn("left"),
        TimeRemainingColumn(table_column=whole()),
        TextColumn("{task.fields[note]}", markup=False, table_column=Column()),
    )
    # Keep this stream: a library may be silenced meanwhile by replacing sys.stderr.
    with Progress(*columns, console=Console(file=sys.stderr)) as live:
        task = live.add_task(label, total=total, note="")

        class Live(Bar):
            def tell(self, text: str) -> None:
                self.advance(0, text)

            def show(self) -> None:
                live.update(task, total=self.total, completed=self.done, note=self.note)

        yield Live(label, total)
