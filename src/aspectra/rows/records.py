"""The records of a CSV file: lists of fields, or what is wrong with a line. Called by `aspectra.rows.separated`.

The csv module of Python does the reading. Here is what it does not tell: a quote too many swallows all rows up to the
next quote, and where a record breaks off, its further lines are rows that were not read.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from aspectra.rows.habit import Habit

MANY = 20  # lines of an open quote after which it is judged, so that no quote costs the reading of the whole file
BACKSLASH = re.compile(r'(?<!\\)((?:\\\\)*)\\"')  # as databases write a quote within quotes
STRAY = (
    "a quote opens here and does not close in {count} lines that look like rows; close it, or write "
    "it twice ('\"\"') if it is part of the text"
)


class Record(NamedTuple):
    """The fields of a record that begins in a line, from 1; or the `fault` of that line, in short and at length."""

    line: int
    cells: list[str]
    fault: str = ""
    detail: str = ""


class StrayError(Exception):
    """An open quote holds lines that are rows."""


class Records:
    """The records of some lines, the first of which is the header."""

    def __init__(self, lines: Iterable[str], delimiter: str, before: int = 0) -> None:
        """`before` lines stand in the file above these."""
        self.lines, self.delimiter = iter(lines), delimiter
        self.back: deque[str] = deque()
        self.held: list[str] = []  # the lines of the record that is being read
        self.read = before
        self.habit: Habit | None = None
        self.lost = False  # between a torn record and the next row

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
                # What fed the reader has ended with its error.
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
            if len(self.held) > 1 and habit.strayed(self.held):
                fault = StrayError()
            if (fault or len(cells) > habit.width) and (mended := self.unescaped(habit.width)) is not None:
                cells, fault = mended, None
            if isinstance(fault, StrayError):
                count = len(self.held) - 1
                yield self.torn(place, STRAY.format(count=f"the next {count}" if count > 1 else "the next"))
            elif fault is not None:
                yield self.torn(place, f"the row is not CSV ({fault})")
            elif cells:
                if len(self.held) == 1:
                    habit.learn(cells)
                yield Record(place, cells)

    def fed(self) -> Iterator[str]:
        """The lines one by one, each kept until its record is whole. Raises StrayError in the midst of a long one."""
        while (line := self.back.popleft() if self.back else next(self.lines, None)) is not None:
            self.read += 1
            self.held.append(line)
            if self.habit is not None and len(self.held) % MANY == 0 and self.habit.strayed(self.held[-MANY:]):
                raise StrayError
            yield line

    def give_back(self, kept: int) -> None:
        """Leave so many lines to this record; the others are read again."""
        self.back.extendleft(reversed(self.held[kept:]))
        self.read -= len(self.held) - kept
        del self.held[kept:]

    def torn(self, place: int, why: str) -> Record:
        """The first line as a fault; the others are looked at again, each for itself."""
        self.lost = len(self.held) > 1 or self.held[0].count('"') % 2 == 1
        self.give_back(1)
        return Record(place, [], "torn row", why)

    def unescaped(self, width: int) -> list[str] | None:
        """The fields where quotes are written with a backslash; None where that does not make a whole row."""
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
