"""Compares a column's values: the reviews and opinions of each, and their complaints about some topics.

Called by `aspectra.analyze.counts`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aspectra.analyze.absent import absent
from aspectra.analyze.bounded import Bounded
from aspectra.analyze.groups import Group

VALUES = 5_000  # limit of distinct values
PAIRS = 50_000  # limit of pairs of a value and a topic
SHOWN = 200  # values in the figures
HEADS = 10  # topics shown for each value
EMPTY = "(empty)"
WHOLE = re.compile(r"([+-]?\d+)\.0+")  # data frames may write integers this way


class Column:
    """The counts of a column's values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.labels: dict[str, str] = {}  # a value in its first spelling
        self.values: Bounded[str, Group] = Bounded(Group, lambda group: group.reviews, VALUES)
        self.pairs: Bounded[tuple[str, str], list[int]] = Bounded(lambda: [0, 0], lambda pair: pair[0], PAIRS)

    def add(self, values: Mapping[str, Any], counts: Sequence[int], named: Mapping[str, bool]) -> None:
        """Count a review: its row, its opinions by polarity, and its topics with whether each has a complaint."""
        said = shown(values.get(self.name))
        value = said.casefold()
        self.values[value].add(counts)
        self.labels.setdefault(value, said)
        if len(self.labels) > 2 * VALUES:  # drop the labels of forgotten values
            self.labels = {key: self.labels[key] for key in self.values.entries}
        for key, negative in named.items():
            pair = self.pairs[value, key]
            pair[0] += 1
            pair[1] += negative

    def figures(self, topics: Sequence[str]) -> dict[str, Any]:
        """A row for each of the most frequent values, with counts for the first of the topics."""
        ranked, heads = self.values.ranked(), topics[:HEADS]
        rows = []
        for value, group in ranked[:SHOWN]:
            cells = [self.pairs.entries.get((value, key), [0, 0]) for key in heads]
            told = [{"reviews": named, "negative": negative} for named, negative in cells]
            rows.append({"value": self.labels[value], **group.figures(), "topics": told})
        rest = sum(group.reviews for _, group in ranked[SHOWN:]) + self.values.forgotten
        return {"column": self.name, "known": len(ranked), "topics": list(heads), "rows": rows, "other_reviews": rest}


def shown(value: Any) -> str:
    """A cell as the name of a group: 5 and 5.0 are the same, also in a text column.

    >>> shown(" Old  Town "), shown(5.0), shown("5.00"), shown("05"), shown("N/A")
    ('Old Town', '5', '5', '05', '(empty)')
    """
    if absent(value):
        return EMPTY
    text = " ".join(str(value).split())
    return whole[1] if (whole := WHOLE.fullmatch(text)) else text
