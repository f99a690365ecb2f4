"""Counts reviews over time: by day, week, month, quarter or year, and in an early and a late half.

Called by `aspectra.analyze.counts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from aspectra.analyze.dates import Clock, floor
from aspectra.analyze.groups import Group
from aspectra.analyze.unreadable import Unreadable


class Periods:
    """The reviews of each period; `halves` is the number of early and of late ones."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.groups = {start: Group() for start in clock.starts}
        self.places = {start: n for n, start in enumerate(clock.starts)}
        self.halves = [0, 0]
        self.undated = 0
        self.span: tuple[date, date] | None = None
        self.far: tuple[date, date] | None = None  # the first and the last day outside of all stretches

    def add(self, values: dict[str, Any], counts: Sequence[int]) -> tuple[int | None, int | None]:
        """Count a review by its row and its opinions by polarity.

        Returns (half, period): 0 for an early one and 1 for a late one; the index of its period, None if it is outside
        all. Both are None for a review without a date.
        """
        day = self.clock.dates.day(values)
        if day is None:
            self.undated += 1
            return None, None
        start = floor(day, self.clock.unit)
        group = self.groups.get(start)
        if group is not None:
            group.add(counts)
            self.span = widened(self.span, day)
        else:
            self.far = widened(self.far, day)
        half = int(self.clock.border is not None and day >= self.clock.border)
        self.halves[half] += 1
        return half, self.places.get(start)

    def figures(self, unreadable: Unreadable) -> dict[str, Any]:
        """A row for each period; days are ISO dates. `unreadable` are the dates that cannot be read."""
        return {
            "column": self.clock.dates.column,
            "written": self.clock.dates.way,
            "unit": self.clock.unit,
            "span": [day.isoformat() for day in self.span or ()],
            "undated": self.undated,
            "unreadable": {"reviews": unreadable.count, "first": unreadable.first},
            "outside": sum(self.halves) - sum(group.reviews for group in self.groups.values()),
            "far": [day.isoformat() for day in self.far or ()],
            "border": self.clock.border.isoformat() if self.clock.border else None,
            "early": self.halves[0],
            "late": self.halves[1],
            "rows": [{"start": start.isoformat(), **group.figures()} for start, group in self.groups.items()],
        }


def widened(span: tuple[date, date] | None, day: date) -> tuple[date, date]:
    """The first and the last day with one more day."""
    return (min(day, span[0]), max(day, span[1])) if span else (day, day)
