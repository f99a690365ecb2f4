"""Counts over all opinions in one pass: by target, category, column and time. Called by `aspectra.analyze.analysis`.

Memory does not grow with the number of reviews: tables of targets, of a column's values and of pairs of both hold a
limited number of entries (`bounded`), quotes are a few for each target.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from aspectra.analyze.bounded import Bounded
from aspectra.analyze.dates import Clock, floor
from aspectra.analyze.lemma import grouping
from aspectra.analyze.opinions import Found
from aspectra.analyze.quotes import Quote, keep, quote
from aspectra.analyze.table import Entry
from aspectra.schema import POLARITIES
from aspectra.score.shares import two_shares, wilson
from aspectra.score.significance import holm

TOPICS = 20_000  # targets told apart; likewise categories
VALUES = 5_000  # values of a column told apart
PAIRS = 50_000  # of a value and a target
FORMS = 12  # ways to write a target that are counted
QUOTES = 2  # of each polarity, kept for a target
TESTED = 40  # the most talked about targets, for what rose and fell
LEVEL = 0.05
SHOWN = 1_000  # targets in the result
QUOTED = 50  # of them with quotes
SHOWN_VALUES = 200
EMPTY = "(empty)"
INDEX: dict[str, int] = {polarity: n for n, polarity in enumerate(POLARITIES)}
NEGATIVE = INDEX["negative"]


@dataclass(slots=True)
class Topic:
    """What is known of a target or a category.

    `halves`: of the early and of the late reviews, how many name it, and how many name it with a negative opinion.
    """

    counts: list[int] = field(default_factory=lambda: [0] * len(POLARITIES))
    reviews: int = 0
    forms: Counter[str] = field(default_factory=Counter)
    halves: list[list[int]] = field(default_factory=lambda: [[0, 0], [0, 0]])
    quotes: dict[str, list[Quote]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The most frequent way to write it, ties by the alphabet; not `Breakfast` where `breakfast` is written too."""
        best = min(self.forms, key=lambda form: (-self.forms[form], form))
        small = best[:1].lower() + best[1:]
        return small if small in self.forms else best


@dataclass(slots=True)
class Group:
    """Reviews and opinions of a column's value, or of a stretch of time."""

    reviews: int = 0
    counts: list[int] = field(default_factory=lambda: [0] * len(POLARITIES))


class Aggregate:
    """The counts so far; `add` each review, then ask for the `result`.

    `by` are columns of the reviews, `clock` says when a review was written, `language` how targets are grouped.
    """

    def __init__(self, by: Sequence[str] = (), clock: Clock | None = None, language: str = "en") -> None:
        self.key = grouping(language)
        self.clock = clock
        self.all = Group()
        self.silent = self.cut = self.undated = 0
        self.topics: dict[str, Bounded[str, Topic]] = {
            kind: Bounded(Topic, lambda topic: sum(topic.counts), TOPICS) for kind in ("targets", "categories")
        }
        self.by: dict[str, Bounded[str, Group]] = {
            column: Bounded(Group, lambda group: group.reviews, VALUES) for column in by
        }
        self.pairs: dict[str, Bounded[tuple[str, str], list[int]]] = {
            column: Bounded(lambda: [0, 0], lambda pair: pair[0], PAIRS) for column in by
        }
        self.periods = {start: Group() for start in clock.starts} if clock else {}
        self.halves = [0, 0]
        self.span: tuple[date, date] | None = None

    def add(self, entry: Entry, found: Found) -> None:
        """Count one review, with or without opinions."""
        counts = [0] * len(POLARITIES)
        for opinion in found.opinions:
            if (n := INDEX.get(opinion.polarity)) is not None:
                counts[n] += 1
        groups = [self.all]
        values = {column: shown(entry.values.get(column)) for column in self.by}
        groups += [self.by[column][value] for column, value in values.items()]
        half = None
        if self.clock is not None:
            day = self.clock.dates.day(entry.values)
            if day is None:
                self.undated += 1
            else:
                period = self.periods.get(floor(day, self.clock.unit))
                if period is not None:
                    groups.append(period)
                    self.span = (min(day, self.span[0]), max(day, self.span[1])) if self.span else (day, day)
                half = int(self.clock.border is not None and day >= self.clock.border)
                self.halves[half] += 1
        for group in groups:
            group.reviews += 1
            for n, count in enumerate(counts):
                group.counts[n] += count
        self.silent += not any(counts)
        self.cut += found.cut
        named = self.count(entry, found, "targets", half)
        kinds = self.count(entry, found, "categories", half)
        for column, value in values.items():
            for key, negative in (named or kinds).items():
                pair = self.pairs[column][value, key]
                pair[0] += 1
                pair[1] += negative

    def count(self, entry: Entry, found: Found, kind: str, half: int | None) -> dict[str, bool]:
        """Count the topics of a review; returns each with whether some opinion of it is negative."""
        named: dict[str, bool] = {}
        for opinion in found.opinions:
            said = opinion.target if kind == "targets" else opinion.category
            polarity = INDEX.get(opinion.polarity)
            if said is None or polarity is None:
                continue
            form = " ".join(said.split())
            key = self.key(form) if kind == "targets" else form.casefold()
            if not key:
                continue
            topic = self.topics[kind][key]
            topic.counts[polarity] += 1
            if form in topic.forms or len(topic.forms) < FORMS:
                topic.forms[form] += 1
            named[key] = named.get(key, False) or polarity == NEGATIVE
            if (one := quote(opinion, entry.row, entry.text)) is not None:
                keep(topic.quotes.setdefault(opinion.polarity, []), one, QUOTES)
        for key, negative in named.items():
            topic = self.topics[kind][key]
            topic.reviews += 1
            if half is not None:
                topic.halves[half][0] += 1
                topic.halves[half][1] += negative
        return named

    def result(self) -> dict[str, Any]:
        """Everything that the report shows, as JSON has it; shares are fractions with their 95 % intervals."""
        return {
            "reviews": self.all.reviews,
            "without_opinion": self.silent,
            "cut": self.cut,
            "opinions": sum(self.all.counts),
            "polarities": shares(self.all.counts),
            **{kind: self.topic_rows(kind) for kind in self.topics},
            "by": [self.column(name) for name in self.by],
            "time": self.time(),
            "movers": {kind: self.movers(kind) for kind in self.topics},
        }

    def topic_rows(self, kind: str) -> dict[str, Any]:
        table = self.topics[kind]
        rows = [
            {
                "label": topic.label,
                "forms": [form for form, _ in topic.forms.most_common()],
                "reviews": topic.reviews,
                **tally(topic.counts),
                "quotes": [
                    {"polarity": polarity, "row": q.row, "sentence": q.sentence, "start": q.start, "end": q.end}
                    for polarity in (POLARITIES if rank < QUOTED else ())
                    for q in topic.quotes.get(polarity, ())
                ],
            }
            for rank, (_, topic) in enumerate(widest(table)[:SHOWN])
        ]
        return {"known": len(table), "rows": rows, "forgotten": table.forgotten, "at_most": table.at_most}

    def column(self, name: str) -> dict[str, Any]:
        table = self.by[name]
        ranked = table.ranked()
        pairs = self.pairs[name].entries
        topics = self.topics["targets"] if len(self.topics["targets"]) else self.topics["categories"]
        top = widest(topics)[:8]
        rows = []
        for value, group in ranked[:SHOWN_VALUES]:
            cells = [pairs.get((value, key), [0, 0]) for key, _ in top]
            rows.append(
                {
                    "value": value,
                    "reviews": group.reviews,
                    **tally(group.counts),
                    "topics": [{"reviews": named, "negative": negative} for named, negative in cells],
                }
            )
        rest = sum(group.reviews for _, group in ranked[SHOWN_VALUES:]) + table.forgotten
        heads = [topic.label for _, topic in top]
        return {"column": name, "known": len(table), "topics": heads, "rows": rows, "other_reviews": rest}

    def time(self) -> dict[str, Any] | None:
        if self.clock is None:
            return None
        return {
            "column": self.clock.dates.column,
            "written": self.clock.dates.way,
            "unit": self.clock.unit,
            "span": [iso(day) for day in self.span or ()],
            "undated": self.undated,
            "outside": sum(self.halves) - sum(group.reviews for group in self.periods.values()),
            "border": iso(self.clock.border),
            "early": self.halves[0],
            "late": self.halves[1],
            "rows": [
                {"start": iso(start), "reviews": group.reviews, **tally(group.counts)}
                for start, group in self.periods.items()
            ],
        }

    def movers(self, kind: str) -> dict[str, Any]:
        """What rose and fell from the early to the late reviews, of the most talked about topics.

        Of each topic two shares are tested: of the reviews that name it, and, of those, that say something negative
        of it. All tests of a kind are one family; `rows` has those that Holm's correction leaves at 5 %.
        """
        if self.clock is None or self.clock.border is None:
            return {"tested": 0, "rows": []}
        tests: list[tuple[Topic, str, tuple[int, int], tuple[int, int], float]] = []
        top = sorted(self.topics[kind].entries.items(), key=lambda pair: (-pair[1].reviews, pair[0]))[:TESTED]
        for _, topic in top:
            early, late = topic.halves
            for what, one, other in (
                ("named", (early[0], self.halves[0]), (late[0], self.halves[1])),
                ("negative", (early[1], early[0]), (late[1], late[0])),
            ):
                if (p := two_shares(*one, *other)) is not None:
                    tests.append((topic, what, one, other, p))
        rows: list[dict[str, Any]] = [
            {
                "label": topic.label,
                "what": what,
                "early": {"hits": one[0], "of": one[1], "share": one[0] / one[1]},
                "late": {"hits": other[0], "of": other[1], "share": other[0] / other[1]},
                "p": p,
            }
            for (topic, what, one, other, _), p in zip(tests, holm([test[-1] for test in tests]), strict=True)
            if p <= LEVEL
        ]
        rows.sort(key=lambda row: (row["what"], -abs(row["late"]["share"] - row["early"]["share"]), row["label"]))
        return {"tested": len(tests), "rows": rows}


def shown(value: Any) -> str:
    """A cell as the name of a group."""
    return " ".join(str(value).split()) or EMPTY if value is not None else EMPTY


def iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def widest(topics: Bounded[str, Topic]) -> list[tuple[str, Topic]]:
    """Topics, those of most reviews first, ties by opinions: one long review makes no topic of all."""
    return sorted(topics.ranked(), key=lambda pair: -pair[1].reviews)


def tally(counts: Sequence[int]) -> dict[str, Any]:
    return {"opinions": sum(counts), "polarities": shares(counts)}


def shares(counts: Sequence[int]) -> dict[str, dict[str, float]]:
    """Of each polarity its count, its share, and the share's interval."""
    total = sum(counts)
    found: dict[str, dict[str, float]] = {}
    for polarity, count in zip(POLARITIES, counts, strict=True):
        low, high = wilson(count, total)
        share = count / total if total else 0.0
        found[polarity] = {"count": count, "share": share, "low": low, "high": high}
    return found
