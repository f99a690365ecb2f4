"""What people name, as they name it: targets or categories, each with its counts, its forms and some quotes.

Called by `aspectra.analyze.counts` in its first pass; `scheme` makes topics of it. What makes two names one is the
caller's: a function from what is judged to a key.
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

KNOWN = 20_000  # told apart
FORMS = 12  # ways to write a name that are counted
QUOTES = 2  # of each polarity, kept for a name: the sentences around it tell what it means
SHOWN = 1_000  # in the figures


@dataclass(slots=True)
class Name(Group):
    """What is known of a target or a category."""

    forms: Counter[str] = field(default_factory=Counter)
    quotes: dict[str, list[Quote]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The most frequent way to write it, ties by the alphabet; not `Breakfast` where `breakfast` is written too."""
        best = min(self.forms, key=lambda form: (-self.forms[form], form))
        small = best[:1].lower() + best[1:]
        return small if small in self.forms else best


class Spoken:
    """The names of one kind so far.

    `name` says what of an opinion is named (None: nothing), `key` which names are one ("": none at all).
    """

    def __init__(self, name: Callable[[Opinion], str | None], key: Callable[[str], str]) -> None:
        self.name, self.key = name, key
        self.table: Bounded[str, Name] = Bounded(Name, lambda name: sum(name.counts), KNOWN)

    def form(self, opinion: Opinion) -> str | None:
        """What an opinion names, without HTML and with single spaces; None where it names nothing."""
        said = self.name(opinion)
        return None if said is None else " ".join(read(said).text.split())

    def add(self, entry: Entry, opinions: Sequence[Opinion]) -> None:
        """Count what a review names."""
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
        """Those of most reviews first, ties by opinions: one long review makes no name of all."""
        return sorted(self.table.ranked(), key=lambda pair: -pair[1].reviews)

    def figures(self) -> dict[str, Any]:
        """A row for each of the widest, and what the bound on their number may have cost."""
        rows = [
            {"label": name.label, "forms": [form for form, _ in name.forms.most_common()], **name.figures()}
            for _, name in self.widest()[:SHOWN]
        ]
        table = self.table
        return {"known": len(table), "rows": rows, "forgotten": table.forgotten, "at_most": table.at_most}


def spoken(language: str) -> tuple[Spoken, Spoken]:
    """Targets, of which those of one lemma are one, and categories; still without any. Raises UserError for a language
    that is not known."""
    return Spoken(attrgetter("target"), grouping(language)), Spoken(attrgetter("category"), str.casefold)
