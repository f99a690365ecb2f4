"""Counts over all opinions in one pass: by target, category, column and time. Called by `aspectra.analyze.analysis`.

Memory does not grow with the number of reviews: tables of targets, of a column's values and of pairs of both hold a
limited number of entries (`bounded`), quotes are a few for each target.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from aspectra.analyze.columns import Column
from aspectra.analyze.dates import Clock
from aspectra.analyze.groups import Group, by_polarity
from aspectra.analyze.lemma import grouping
from aspectra.analyze.movers import movers
from aspectra.analyze.opinions import Found
from aspectra.analyze.periods import Periods
from aspectra.analyze.table import Entry
from aspectra.analyze.topics import Topics


class Aggregate:
    """The counts so far; `add` each review, then ask for the `result`.

    `by` are columns of the reviews, `clock` says when a review was written, `language` how targets are grouped.
    """

    def __init__(self, by: Sequence[str] = (), clock: Clock | None = None, language: str = "en") -> None:
        self.all = Group()
        self.silent = self.cut = 0
        self.topics = {
            "targets": Topics(attrgetter("target"), grouping(language)),
            "categories": Topics(attrgetter("category"), str.casefold),
        }
        self.columns = [Column(name) for name in by]
        self.periods = Periods(clock) if clock else None

    def add(self, entry: Entry, found: Found) -> None:
        """Count one review, with or without opinions."""
        counts = by_polarity(found.opinions)
        self.all.add(counts)
        self.silent += not any(counts)
        self.cut += found.cut
        half = self.periods.add(entry.values, counts) if self.periods else None
        named = {kind: topics.add(entry, found.opinions, half) for kind, topics in self.topics.items()}
        for column in self.columns:
            column.add(entry.values, counts, named["targets"] or named["categories"])

    def result(self) -> dict[str, Any]:
        """Everything that the report shows, as JSON has it; shares are fractions with their 95 % intervals."""
        whole, periods = self.all.figures(), self.periods
        heads = self.topics["targets"] if len(self.topics["targets"].table) else self.topics["categories"]
        halves = periods.halves if periods else (0, 0)
        return {
            "reviews": whole["reviews"],
            "without_opinion": self.silent,
            "cut": self.cut,
            "opinions": whole["opinions"],
            "polarities": whole["polarities"],
            **{kind: topics.figures() for kind, topics in self.topics.items()},
            "by": [column.figures(heads) for column in self.columns],
            "time": periods.figures() if periods else None,
            "movers": {kind: movers(topics, halves) for kind, topics in self.topics.items()},
        }
