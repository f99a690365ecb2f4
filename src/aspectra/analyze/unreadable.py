"""Cells that have a value which cannot be read, such as `2025-02-30` in a column of dates. Called by `table`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aspectra.analyze.absent import absent
from aspectra.progress import SHOWN, counted, first_few

ASKED = 0.5  # share of a column's non-empty cells that must be readable if the user names it


@dataclass
class Unreadable:
    """The cells of a column that are neither empty (`absent`) nor readable. They count as empty.

    `first` holds the first few as `line 4 ('2025-02-30')`.
    """

    column: str
    what: str
    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, place: str, value: Any) -> None:
        """Note a cell that could not be read, unless it is empty."""
        if absent(value):
            return
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(f"{place} ('{' '.join(str(value).split())[:40]}')")

    def told(self) -> str:
        """A line that names the first cells."""
        cells = counted(self.count, f"unreadable {self.what}")
        return f"column '{self.column}' has {cells}, counted as missing: {first_few(self.first, self.count)}"
