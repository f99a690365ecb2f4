"""Counts the reviews that mention each topic, the complaints, their words, and their time.

Called by `aspectra.analyze.counts` in its second pass; `columns`, `movers` and `stars` use what `add` returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from aspectra.analyze.groups import INDEX, NEGATIVE, Group
from aspectra.analyze.opinions import Opinion
from aspectra.analyze.quotes import Quote, keep, quote
from aspectra.analyze.scheme import Scheme
from aspectra.analyze.table import Entry
from aspectra.meaning.grouping import OTHER, OVERALL
from aspectra.schema import POLARITIES
from aspectra.score.shares import wilson

QUOTES = 3  # of each polarity, for a topic
POSITIVE = INDEX["positive"]


@dataclass(slots=True)
class Topic(Group):
    """The counts of a topic.

    `negative` reviews have a negative opinion of it, `praised` ones a positive and no negative one. `course` and
    `halves` have, for each period, and for the early and the late reviews, [how many mention it, how many of these are
    `negative`, how many are `praised`].
    """

    negative: int = 0
    praised: int = 0
    course: dict[int, list[int]] = field(default_factory=dict)
    halves: list[list[int]] = field(default_factory=lambda: [[0, 0, 0], [0, 0, 0]])
    quotes: dict[str, list[Quote]] = field(default_factory=dict)

    def quoted(self) -> list[dict[str, Any]]:
        """The quotes, grouped by polarity."""
        return [
            {"polarity": polarity, "row": q.row, "sentence": q.sentence, "start": q.start, "end": q.end}
            for polarity in POLARITIES
            for q in self.quotes.get(polarity, ())
        ]


class Topics:
    """The counts of the topics of a scheme."""

    def __init__(self, scheme: Scheme) -> None:
        self.scheme = scheme
        self.table: dict[str, Topic] = {}

    def add(
        self, entry: Entry, opinions: Sequence[Opinion], half: int | None = None, stretch: int | None = None
    ) -> dict[str, bool]:
        """Count the topics of a review; returns each with whether it has a negative opinion.

        `half` is 0 for an early review, 1 for a late one; `stretch` is the index of its period; None if not known.
        """
        found: dict[str, set[int]] = {}
        for opinion in opinions:
            polarity = INDEX.get(opinion.polarity)
            if polarity is None or (name := self.scheme.topic(opinion)) is None:
                continue
            if (topic := self.table.get(name)) is None:
                topic = self.table[name] = Topic()
            topic.counts[polarity] += 1
            found.setdefault(name, set()).add(polarity)
            if (one := quote(opinion, entry.row, entry.text)) is not None:
                if not self.scheme.typical(opinion):
                    one = replace(one, cost=one.cost + 1)
                keep(topic.quotes.setdefault(opinion.polarity, []), one, QUOTES)
        for name, polarities in found.items():
            topic, negative = self.table[name], NEGATIVE in polarities
            praised = POSITIVE in polarities and not negative
            topic.reviews += 1
            topic.negative += negative
            topic.praised += praised
            for counts in self.times(topic, half, stretch):
                counts[0] += 1
                counts[1] += negative
                counts[2] += praised
        return {name: NEGATIVE in polarities for name, polarities in found.items()}

    @staticmethod
    def times(topic: Topic, half: int | None, stretch: int | None) -> Iterator[list[int]]:
        """The counts over time that a review belongs to."""
        if half is not None:
            yield topic.halves[half]
        if stretch is not None:
            yield topic.course.setdefault(stretch, [0, 0, 0])

    def ranked(self) -> list[tuple[str, Topic]]:
        """The topics by number of complaints, ties by reviews and name; `overall` and `other` come last."""
        last = (OVERALL, OTHER)
        return sorted(
            self.table.items(),
            key=lambda pair: (
                last.index(pair[0]) if pair[0] in last and pair[0] not in self.scheme.names else -1,
                -pair[1].negative,
                -pair[1].reviews,
                pair[0],
            ),
        )

    def figures(self, stretches: int, stars: Callable[[str], dict[str, Any] | None]) -> dict[str, Any]:
        """A row for each topic; `stars` is a function from its name to its effect. `course` has `stretches` periods."""
        rows = []
        for name, topic in self.ranked():
            low, high = wilson(topic.negative, topic.reviews)
            share = topic.negative / topic.reviews
            rows.append(
                {
                    "label": name,
                    **topic.figures(),
                    "negative": {"reviews": topic.negative, "share": share, "low": low, "high": high},
                    "praised": topic.praised,
                    "stars": stars(name),
                    "targets": self.scheme.members.get(name, []),
                    "quotes": topic.quoted(),
                    "course": [topic.course.get(n, [0, 0, 0]) for n in range(stretches)],
                }
            )
        return {"by": self.scheme.by, "own": self.scheme.own, "rows": rows}
