"""Learns what a CSV file's rows look like, to tell a row inside an open quote from the text of a field.

Called by `aspectra.rows.records`. A row has as many fields as the header, and each has the column's usual kind: number,
word or text. No field begins with a space, as text after a comma does, unless the column has had one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

LEARNED = 200  # rows
SURE = 3  # similar lines needed if there is no other evidence
SHARE = 0.8
NUMBER = re.compile(r"[+-]?[\d.,]*\d[\d.,]*%?")


class Habit:
    """The fields of the rows so far: their number, their kinds, and whether they begin with a space."""

    def __init__(self, delimiter: str, width: int) -> None:
        self.delimiter, self.width = delimiter, width
        self.seen = 0
        self.kinds = [0] * width  # the widest kind in each column: 0 empty, 1 number, 2 word, 3 text
        self.spaced = [False] * width

    def learn(self, cells: Sequence[str]) -> None:
        """Learn from a good row; stops after `LEARNED` rows."""
        if self.seen >= LEARNED:
            return
        self.seen += 1
        for n, cell in enumerate(cells[: self.width]):
            self.kinds[n] = max(self.kinds[n], kind(cell))
            self.spaced[n] |= cell[:1] == " "

    def fits(self, line: str) -> bool:
        """Whether a line alone is a row, with quotes either interpreted or literal."""
        return self.width > 1 and any(self.alike(cells) for cells in (self.parted(line), self.parted(line, False)))

    def begins(self, line: str) -> bool:
        """Whether a line is a row, or the beginning of one whose last field continues on the next line."""
        if self.width == 1 or self.fits(line):
            return True
        cells = self.parted(line)
        opened = 1 < len(cells) < self.width and line.count('"') % 2 == 1
        return opened and self.telling > 0 and all(map(self.belongs, range(len(cells) - 1), cells))

    @property
    def telling(self) -> int:
        """The number of columns with only numbers or single words."""
        return sum(0 < kind < 3 for kind in self.kinds)

    def strayed(self, held: Sequence[str]) -> bool:
        """Whether the lines of one record are rows themselves, so that the first has a stray quote."""
        inner = [line for line in held[1:] if line.strip()]
        alike = sum(map(self.fits, inner))
        if not alike or alike < SHARE * len(inner):
            return False
        if alike >= SURE and len(inner) >= SURE:
            return True
        return self.telling > 1 and alike == len(inner) and self.alike(self.parted(held[0], False))

    def alike(self, cells: Sequence[str]) -> bool:
        return len(cells) == self.width and any(cells) and all(map(self.belongs, range(self.width), cells))

    def belongs(self, column: int, cell: str) -> bool:
        if not self.seen:
            return True
        return kind(cell) <= (self.kinds[column] or 3) and (self.spaced[column] or cell[:1] != " ")

    def parted(self, line: str, quoted: bool = True) -> list[str]:
        if quoted:
            cells = next(csv.reader([line], delimiter=self.delimiter), [])
        else:
            cells = next(csv.reader([line], delimiter=self.delimiter, quoting=csv.QUOTE_NONE), [])
        return [*cells[:-1], cells[-1].rstrip("\r\n")] if cells else cells


def kind(cell: str) -> int:
    """0 empty, 1 number, 2 word, 3 text."""
    cell = cell.strip()
    return 0 if not cell else 1 if NUMBER.fullmatch(cell) else 3 if re.search(r"\s", cell) else 2
