"""The records of a CSV file: lists of fields, or the fault of a line. Called by `aspectra.rows.separated`.

Python's csv module does the parsing. This module detects what it does not: a stray quote that swallows all rows up to
the next quote, and the rows that are lost after a broken record.
"""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aspectra.rows.habit import SURE, Habit

MANY = 20  # lines in an open quote before it is checked, so that a stray quote does not read the whole file
AHEAD = 200  # lines behind a doubtful quote that show what rows look like
KNOWN = 20  # rows before it that show this as well: fewer lines behind it are enough
FAR = 1 << 20  # characters of these lines
BACKSLASH = re.compile(r'(?<!\\)((?:\\\\)*)\\"')  # how databases escape a quote in a quoted field
OPEN = "unexpected end of data"  # how csv says that the last quote is open
STRAY = (
    "a quote opens here and does not close in {count} lines that look like rows; close it, or write "
    "it twice ('\"\"') if it is part of the text"
)


class Record(NamedTuple):
    """The fields of a record that begins on a line (from 1), or the line's `fault`, short and in `detail`."""

    line: int
    cells: list[str]
    fault: str = ""
    detail: str = ""


class StrayError(Exception):
    """An open quote contains lines that are rows."""


class Records:
    """The records of some lines, of which the first is the header."""

    def __init__(self, lines: Iterable[str], delimiter: str, before: int = 0) -> None:
        """`before` is the number of lines above these in the file."""
        self.lines, self.delimiter = iter(lines), delimiter
        self.back: deque[str] = deque()
        self.held: list[str] = []  # the lines of the current record
        self.read = before
        self.habit: Habit | None = None
        self.lost = False  # between a broken record and the next row

    def __iter__(self) -> Iterator[Record]:
        reader = csv.reader(self.fed(), delimiter=self.delimiter, strict=True)
        while True:
            self.held.clear()
            fault = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, StrayError) as error:
                cells, fault = [], error
                # The reader's input generator has ended with the exception.
                reader = csv.reader(self.fed(), delimiter=self.delimiter, strict=True)
            place = self.read - len(self.held) + 1
            habit = self.habit
            if habit is None:
                if fault is None and not cells:
                    continue
                yield self.torn(place, str(fault)) if fault else Record(place, cells)
                self.habit = None if fault else Habit(self.delimiter, len(cells))
                continue
            if self.lost and not habit.begins(self.held[0]):
                self.give_back(1)
                yield Record(place, [], "line of a torn row", "it belongs to the torn row above")
                continue
            self.lost = False
            if len(self.held) > (1 if fault is None else SURE) and self.strayed(self.held[1:], cells or None):
                fault = StrayError()
            if (fault or len(cells) > habit.width) and (mended := self.unescaped(habit.width)) is not None:
                cells, fault = mended, None
            if isinstance(fault, StrayError):
                count = len(self.held) - 1
                yield self.torn(place, STRAY.format(count=f"the next {count}" if count > 1 else "the next"))
            elif fault is not None:
                why = "a quote opens here and never closes" if str(fault) == OPEN else f"the row is not CSV ({fault})"
                yield self.torn(place, why)
            elif cells:
                habit.learn(cells)
                yield Record(place, cells)

    def fed(self) -> Iterator[str]:
        """The lines one by one, each kept until its record is complete. Raises StrayError in the middle of a long
        record.
        """
        while (line := self.back.popleft() if self.back else next(self.lines, None)) is not None:
            self.read += 1
            self.held.append(line)
            if self.habit is not None and len(self.held) % MANY == 0 and self.strayed(self.held[1 - MANY :]):
                raise StrayError
            yield line

    def strayed(self, lines: list[str], cells: list[str] | None = None) -> bool:
        """Whether the last lines of this record are rows, judged also by the rows behind it. `cells` are its fields, if
        it is complete.
        """
        assert self.habit is not None
        first = self.held[0]
        if not any(line.count(self.delimiter) >= self.habit.width - 1 > 0 for line in lines):
            return False
        if cells is not None:
            return self.habit.doubting(first, [cells, *self.ahead([])]).strayed(first, lines)
        # The many lines of an open quote are parsed again only if they look like rows.
        if not self.habit.doubting(first, []).strayed(first, lines):
            return False
        return self.habit.doubting(first, self.ahead(self.held)).strayed(first, lines)

    def ahead(self, begun: list[str]) -> list[list[str]]:
        """The records in the next lines up to the first broken one, after the lines of one that has `begun`."""
        assert self.habit is not None
        count = MANY if self.habit.seen >= KNOWN else AHEAD
        size = sum(map(len, self.back))
        while len(self.back) < count and size < FAR and (line := next(self.lines, None)) is not None:
            self.back.append(line)
            size += len(line)
        found: list[list[str]] = []
        lines = itertools.chain(begun, itertools.islice(self.back, count))
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        with contextlib.suppress(csv.Error):
            for cells in reader:
                found.append(cells)
        return found

    def give_back(self, kept: int) -> None:
        """Keep `kept` lines in this record; the others are read again."""
        self.back.extendleft(reversed(self.held[kept:]))
        self.read -= len(self.held) - kept
        del self.held[kept:]

    def torn(self, place: int, why: str) -> Record:
        """Report the first line as a fault; the others are read again as separate lines."""
        opened = self.held[0].count('"') % 2 == 1
        self.lost = len(self.held) > 1 or opened
        if self.habit is not None and opened:
            self.habit.note(self.habit.parted(self.held[0])[:-1])
        self.give_back(1)
        return Record(place, [], "torn row", why)

    def unescaped(self, width: int) -> list[str] | None:
        """The fields if quotes are escaped by a backslash; None if that does not give a complete row."""
        if '\\"' not in self.held[0]:
            return None
        for count in range(1, len(self.held) + 1):
            lines = [BACKSLASH.sub(r'\1""', line) for line in self.held[:count]]
            try:
                rows = list(csv.reader(lines, delimiter=self.delimiter, strict=True))
            except csv.Error:
                continue
            if len(rows) == 1 and len(rows[0]) == width:
                self.give_back(count)
                return rows[0]
        return None
