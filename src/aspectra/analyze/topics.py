"""What people talk about: targets or categories, each with its counts, its forms and some quotes.

Called by `aspectra.analyze.counts`; `columns` and `movers` read them. What makes two opinions one topic is the
caller's: a function from the name of what is judged to a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aspectra.analyze.bounded import Bounded
from aspectra.analyze.groups import INDEX, NEGATIVE, Group
from aspectra.analyze.opinions import Opinion
from aspectra.analyze.quotes import Quote, keep, quote
from aspectra.analyze.table import Entry
from aspectra.markup import read
from aspectra.schema import POLARITIES

TOPICS = 20_000  # told apart
FORMS = 12  # ways to write a topic that are counted
QUOTES = 2  # of each polarity, kept for a topic
SHOWN = 1_000  # in the figures
QUOTED = 50  # of them with quotes


@dataclass(slots=True)
class Topic(Group):
    """What is known of a target or a category.

    `halves`: of the early and of the late reviews, how many name it, and how many name it with a negative opinion.
    """

    forms: Counter[str] = field(default_factory=Counter)
    halves: list[list[int]] = field(default_factory=lambda: [[0, 0], [0, 0]])
    quotes: dict[str, list[Quote]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The most frequent way to write it, ties by the alphabet; not `Breakfast` where `breakfast` is written too."""
        best = min(self.forms, key=lambda form: (-self.forms[form], form))
        small = best[:1].lower() + best[1:]
        return small if small in self.forms else best

    def quoted(self) -> list[dict[str, Any]]:
        """The quotes, those of one polarity together."""
        return [
            {"polarity": polarity, "row": q.row, "sentence": q.sentence, "start": q.start, "end": q.end}
            for polarity in POLARITIES
            for q in self.quotes.get(polarity, ())
        ]


class Topics:
    """The topics of one kind so far.

    `name` says what of an opinion is named (None: nothing), `key` which names are one topic ("": none at all).
    """

    def __init__(self, name: Callable[[Opinion], str | None], key: Callable[[str], str]) -> None:
        self.name, self.key = name, key
        self.table: Bounded[str, Topic] = Bounded(Topic, lambda topic: sum(topic.counts), TOPICS)

    def add(self, entry: Entry, opinions: Sequence[Opinion], half: int | None) -> dict[str, bool]:
        """Count the topics of a review; returns the key of each with whether some opinion of it is negative.

        `half` is 0 for an early review, 1 for a late one, None where that is not known.
        """
        named: dict[str, bool] = {}
        for opinion in opinions:
            said, polarity = self.name(opinion), INDEX.get(opinion.polarity)
            if said is None or polarity is None:
                continue
            form = " ".join(read(said).text.split())
            key = self.key(form)
            if not key:
                continue
            topic = self.table[key]
            topic.counts[polarity] += 1
            if form in topic.forms or len(topic.forms) < FORMS:
                topic.forms[form] += 1
            named[key] = named.get(key, False) or polarity == NEGATIVE
            if (one := quote(opinion, entry.row, entry.text)) is not None:
                keep(topic.quotes.setdefault(opinion.polarity, []), one, QUOTES)
        for key, negative in named.items():
            topic = self.table[key]
            topic.reviews += 1
            if half is not None:
                topic.halves[half][0] += 1
                topic.halves[half][1] += negative
        return named

    def widest(self) -> list[tuple[str, Topic]]:
        """Those of most reviews first, ties by opinions: one long review makes no topic of all."""
        return sorted(self.table.ranked(), key=lambda pair: -pair[1].reviews)

    def figures(self) -> dict[str, Any]:
        """A row for each of the widest, and what the bound on their number may have cost."""
        rows = [
            {
                "label": topic.label,
                "forms": [form for form, _ in topic.forms.most_common()],
                **topic.figures(),
                "quotes": topic.quoted() if rank < QUOTED else [],
            }
            for rank, (_, topic) in enumerate(self.widest()[:SHOWN])
        ]
        table = self.table
        return {"known": len(table), "rows": rows, "forgotten": table.forgotten, "at_most": table.at_most}
