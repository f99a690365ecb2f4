"""Learns what a CSV file's rows look like, to tell a row inside an open quote from the text of a field.

Called by `aspectra.rows.records`. A row has as many fields as the header, and each has the column's usual kind: number,
code, word or text. No field begins with a space, as text after a comma does, unless the column has had one. If the
numbers of a column rise or fall from row to row, those of a row inside a quote are between their neighbors.
"""

from __future__ import annotations

import copy
import csv
import itertools
import math
import re
from collections import deque
from collections.abc import Sequence

LEARNED = 200  # rows
SURE = 3  # similar lines, or cells of a column, needed if there is no other evidence
SHARE = 0.8
ORDERED = 4  # numbers that must rise or fall: fewer do so by chance
NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*%?")
EMPTY, NUMERIC, CODE, WORD, TEXT = range(5)  # a code is a word with a digit (`r12`), or a date


class Habit:
    """The fields of the rows so far: their number, their kinds, and whether they begin with a space."""

    def __init__(self, delimiter: str, width: int) -> None:
        self.delimiter, self.width = delimiter, width
        self.seen = 0
        self.kinds = [EMPTY] * width  # the widest kind in each column
        self.noted = [0] * width
        self.spaced = [False] * width
        self.recent: deque[Sequence[str]] = deque(maxlen=ORDERED)
        self.opened = 0  # the column whose quote is doubted
        self.between = [(-math.inf, math.inf)] * width

    def learn(self, cells: Sequence[str]) -> None:
        """Learn from a good row; after `LEARNED` rows, only their order."""
        self.recent.append(cells)
        if self.seen < LEARNED:
            self.seen += 1
            self.note(cells)

    def note(self, cells: Sequence[str], first: int = 0) -> None:
        """Learn from some fields of a row, beginning with the column `first`."""
        for n, cell in enumerate(cells[: self.width - first], first):
            if found := kind(cell):
                self.kinds[n] = max(self.kinds[n], found)
                self.noted[n] += 1
            self.spaced[n] |= cell[:1] == " "

    def doubting(self, line: str, records: Sequence[Sequence[str]]) -> Habit:
        """What the rows look like for a doubt about the quote that a record's first line opens.

        `records` are this one and the next ones if the quote is meant. No record: it is not closed.
        """
        habit = copy.copy(self)
        habit.kinds, habit.noted, habit.spaced = self.kinds[:], self.noted[:], self.spaced[:]
        start = self.parted(line)[:-1]
        habit.opened = min(len(start), self.width - 1)
        # What is before and behind the quoted field belongs to a row in any case.
        habit.note(start)
        habit.kinds[habit.opened] = TEXT
        if records and len(records[0]) == self.width:
            broken = [n for n, cell in enumerate(records[0]) if "\n" in cell or "\r" in cell]
            habit.note(records[0][broken[-1] + 1 :] if broken else [], broken[-1] + 1 if broken else 0)
        after = [cells for cells in records[1:] if len(cells) == self.width]
        for cells in after:
            habit.note(cells)
        habit.between = [
            bounds([row[n : n + 1] for row in self.recent], start[n : n + 1], [row[n : n + 1] for row in after])
            for n in range(self.width)
        ]
        return habit

    def fits(self, line: str) -> bool:
        """Whether a line alone is a row, with quotes either interpreted or literal."""
        if self.width == 1:
            return False
        literal = self.parted(line, False)
        if self.alike(self.parted(line)) or self.alike(literal):
            return True
        return len(literal) > self.width and self.firm and self.alike(self.merged(literal))

    def begins(self, line: str) -> bool:
        """Whether a line is a row, or the beginning of one whose last field continues on the next line."""
        if self.width == 1 or self.fits(line):
            return True
        cells = self.parted(line)
        opened = 1 < len(cells) < self.width and line.count('"') % 2 == 1
        return opened and self.telling > 0 and all(map(self.belongs, range(len(cells) - 1), cells))

    @property
    def telling(self) -> int:
        """The number of columns with only numbers, codes or single words."""
        return sum(self.kinds[n] > EMPTY and self.widest(n) < TEXT for n in range(self.width))

    @property
    def firm(self) -> bool:
        """Whether a column has only numbers or codes, which few lines of a text begin or end with."""
        return any(EMPTY < kind < WORD for kind in self.kinds)

    def strayed(self, first: str, rest: Sequence[str]) -> bool:
        """Whether lines of one record are rows themselves, so that its `first` line has a stray quote."""
        inner = [line for line in rest if line.strip()]
        alike = sum(map(self.fits, inner))
        if not alike or alike < SHARE * len(inner):
            return False
        cells = self.parted(first, False)
        whole = len(cells) >= self.width and self.alike(self.merged(cells), own=True)
        if alike >= SURE and len(inner) >= SURE and (whole or self.firm):
            return True
        return (self.firm or self.telling > 1) and alike == len(inner) and whole

    def merged(self, cells: Sequence[str]) -> list[str]:
        """The fields of a row in whose text the delimiters have no quotes around them."""
        end = len(cells) - self.width + self.opened + 1
        return [*cells[: self.opened], self.delimiter.join(cells[self.opened : end]), *cells[end:]]

    def alike(self, cells: Sequence[str], own: bool = False) -> bool:
        """Whether fields are those of a row; `own` for the row that is doubted, whose number is its own neighbor."""
        if len(cells) != self.width or not any(cells) or not all(map(self.belongs, range(self.width), cells)):
            return False
        if self.firm and not any(bare(cell) for cell, usual in zip(cells, self.kinds, strict=True) if usual < WORD):
            return False
        return own or all(
            (number := numeric(cell)) is None or low < number < high
            for cell, (low, high) in zip(cells, self.between, strict=True)
        )

    def belongs(self, column: int, cell: str) -> bool:
        return kind(cell) <= self.widest(column) and (self.spaced[column] or cell[:1] != " ")

    def widest(self, column: int) -> int:
        """The widest kind that a cell of the column may have. Words may be short texts: if there are only a few, or if
        another column tells rows better.
        """
        usual = self.kinds[column]
        return TEXT if not usual or (usual == WORD and (self.firm or self.noted[column] < SURE)) else usual

    def parted(self, line: str, quoted: bool = True) -> list[str]:
        if quoted:
            cells = next(csv.reader([line], delimiter=self.delimiter), [])
        else:
            cells = next(csv.reader([line], delimiter=self.delimiter, quoting=csv.QUOTE_NONE), [])
        return [*cells[:-1], cells[-1].rstrip("\r\n")] if cells else cells


def kind(cell: str) -> int:
    """EMPTY, NUMERIC, CODE, WORD or TEXT."""
    cell = bare(cell)
    if not cell:
        return EMPTY
    if NUMBER.fullmatch(cell):
        return NUMERIC
    spaced = re.search(r"\s", cell)
    if re.search(r"\d", cell) and not (spaced and re.search(r"[^\W\d_]", cell)):
        return CODE
    return TEXT if spaced else WORD


def bare(cell: str) -> str:
    """A cell without the quotes and spaces around it."""
    return cell.strip('" \t\r\n')


def numeric(cell: str) -> float | None:
    """A cell's number; None if it has none."""
    try:
        return float(bare(cell))
    except ValueError:
        return None


def bounds(before: Sequence[Sequence[str]], own: Sequence[str], after: Sequence[Sequence[str]]) -> tuple[float, float]:
    """Where the numbers of rows behind the `own` one are, if those of the column rise or fall; else anywhere.

    Each row is given by a list with its cell, which is empty if it is not known.
    """
    numbers = [numeric(cell) for row in (*before, own, *after) for cell in row]
    known = [number for number in numbers if number is not None]
    pairs = list(itertools.pairwise(known))
    if not own or len(known) < max(len(numbers), ORDERED):
        return -math.inf, math.inf
    at = sum(map(len, before))
    ends = known[at], known[at + 1] if at + 1 < len(known) else None
    if all(one < other for one, other in pairs):
        return ends[0], math.inf if ends[1] is None else ends[1]
    if all(one > other for one, other in pairs):
        return -math.inf if ends[1] is None else ends[1], ends[0]
    return -math.inf, math.inf
