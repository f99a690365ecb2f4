"""The names that people use: targets or categories, each with its counts, its forms and some quotes.

Called by `aspectra.analyze.counts` in its first pass; `scheme` makes topics from it. The caller decides which names are
the same: with a function from a name to a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from aspectra.analyze.bounded import Bounded
from aspectra.analyze.groups import INDEX, Group
from aspectra.analyze.lemma import grouping
from aspectra.analyze.opinions import Opinion
from aspectra.analyze.quotes import Quote, keep, quote
from aspectra.analyze.table import Entry
from aspectra.markup import read

KNOWN = 20_000  # limit of distinct names
FORMS = 12  # limit of spellings that are counted
QUOTES = 2  # of each polarity, for a name: their sentences show its meaning
SHOWN = 1_000  # in the figures


@dataclass(slots=True)
class Name(Group):
    """The counts of a target or a category."""

    forms: Counter[str] = field(default_factory=Counter)
    quotes: dict[str, list[Quote]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The most frequent spelling, ties in alphabetical order; in lowercase if that spelling occurs too."""
        best = min(self.forms, key=lambda form: (-self.forms[form], form))
        small = best[:1].lower() + best[1:]
        return small if small in self.forms else best


class Spoken:
    """The names of one kind.

    `name` extracts the name of an opinion (None: it has none), `key` maps a name to its group ("": ignored).
    """

    def __init__(self, name: Callable[[Opinion], str | None], key: Callable[[str], str]) -> None:
        self.name, self.key = name, key
        self.table: Bounded[str, Name] = Bounded(Name, lambda name: sum(name.counts), KNOWN)

    def form(self, opinion: Opinion) -> str | None:
        """The name in an opinion, without HTML and with single spaces; None if it has none."""
        said = self.name(opinion)
        return None if said is None else " ".join(read(said).text.split())

    def add(self, entry: Entry, opinions: Sequence[Opinion]) -> None:
        """Count the names in a review."""
        named: dict[str, None] = {}
        for opinion in opinions:
            form, polarity = self.form(opinion), INDEX.get(opinion.polarity)
            if form is None or polarity is None or not (key := self.key(form)):
                continue
            name = self.table[key]
            name.counts[polarity] += 1
            if form in name.forms or len(name.forms) < FORMS:
                name.forms[form] += 1
            named[key] = None
            if (one := quote(opinion, entry.row, entry.text)) is not None:
                keep(name.quotes.setdefault(opinion.polarity, []), one, QUOTES)
        for key in named:
            self.table[key].reviews += 1

    def widest(self) -> list[tuple[str, Name]]:
        """The names by number of reviews, ties by opinions; so one long review does not dominate."""
        return sorted(self.table.ranked(), key=lambda pair: -pair[1].reviews)

    def figures(self) -> dict[str, Any]:
        """A row for each of the most frequent names, and the possible error from the limit on their number."""
        rows = [
            {"label": name.label, "forms": [form for form, _ in name.forms.most_common()], **name.figures()}
            for _, name in self.widest()[:SHOWN]
        ]
        table = self.table
        return {"known": len(table), "rows": rows, "forgotten": table.forgotten, "at_most": table.at_most}


def spoken(language: str) -> tuple[Spoken, Spoken]:
    """Empty counts of targets, grouped by lemma, and of categories. Raises UserError for an unknown language."""
    return Spoken(attrgetter("target"), grouping(language)), Spoken(attrgetter("category"), str.casefold)
