"""Assigns opinions to topics: by the meaning of targets; by their words if there is no table of meanings; or by
categories if the reader finds no targets.

Made by `aspectra.analyze.counts` between its two passes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from aspectra.analyze.opinions import Opinion
from aspectra.analyze.spoken import Name, Spoken
from aspectra.meaning.grouping import OTHER, OVERALL, Subject, called, find, given
from aspectra.readers.taggers.meanings import Meanings
from aspectra.schema import POLARITIES

WORDS = 40  # topics by words: the most mentioned
TARGETS = 12  # of a topic: the most frequent ones, in the figures


@dataclass
class Scheme:
    """`names` are the topics, the most mentioned first or in the user's order. `topic` assigns an opinion to one (None:
    its name does not count). `members` has the most frequent targets of each.

    `by` is "meaning", "words" or "categories"; `own`: whether the topics are the user's. `typical`: whether an opinion
    is about one of the `members`.
    """

    names: list[str]
    by: str
    own: bool
    topic: Callable[[Opinion], str | None]
    typical: Callable[[Opinion], bool]
    members: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))


def scheme(
    targets: Spoken, categories: Spoken, model: Path | None, named: Mapping[str, Sequence[str]] | None = None
) -> Scheme:
    """The scheme for these names. `model` is a folder with a table of meanings, `named` are the user's own topics.

    Raises UserError if the folder has no such table.
    """
    spoken = targets if len(targets.table) or not len(categories.table) else categories
    by = "meaning" if model is not None else "words"
    if spoken is categories and named is None:
        by, model = "categories", None
    ranked = spoken.table.ranked()
    names, of = by_meaning(spoken, ranked, Meanings(model), named) if model else by_words(spoken, named)

    def topic(opinion: Opinion) -> str | None:
        form = spoken.form(opinion)
        if form is None:
            return OVERALL
        return (of(form) or OTHER) if spoken.key(form) else None

    def typical(opinion: Opinion) -> bool:
        form = spoken.form(opinion)
        return form is None or spoken.key(form) in keys

    keys: set[str] = set()
    made = Scheme(names, by, named is not None, topic, typical)
    for key, name in ranked:
        some = made.members[of(name.label) or OTHER]
        if len(some) < TARGETS:
            some.append(row(name))
            keys.add(key)
    return made


def row(name: Name) -> dict[str, Any]:
    """A target of a topic, with its opinions by polarity."""
    counts = dict(zip(POLARITIES, name.counts, strict=True))
    return {"label": name.label, "reviews": name.reviews, "opinions": sum(name.counts), "polarities": counts}


def by_meaning(
    spoken: Spoken,
    ranked: Sequence[tuple[str, Name]],
    meanings: Meanings,
    named: Mapping[str, Sequence[str]] | None,
) -> tuple[list[str], Callable[[str], str | None]]:
    """Topics by the meaning of targets; all targets with one lemma belong to the same topic."""
    labels = {key: name.label for key, name in ranked}
    subjects = [subject(name) for _, name in ranked]
    grouping = find(subjects, meanings) if named is None else given(named, subjects, meanings)

    @lru_cache(maxsize=20_000)
    def of(form: str) -> str | None:
        return grouping.topics([labels.get(spoken.key(form), form)])[0]

    return grouping.names, of


def subject(name: Name) -> Subject:
    """A target in the form that `grouping` takes; its quotes are its context."""
    quotes = [quote for some in name.quotes.values() for quote in some if quote.start is not None]
    around = tuple(quote.sentence[: quote.start] + quote.sentence[quote.end :] for quote in quotes)
    return Subject(name.label, sum(name.counts), around)


def by_words(
    spoken: Spoken, named: Mapping[str, Sequence[str]] | None
) -> tuple[list[str], Callable[[str], str | None]]:
    """Topics by words: the most mentioned names become topics; or the user's, with the words in the file."""
    if named is None:
        some = {key: called(name.label) for key, name in spoken.widest()[:WORDS]}
    else:
        some = {spoken.key(text): name for name, more in named.items() for text in (name, *more)}
    return list(dict.fromkeys(some.values() if named is None else named)), lambda form: some.get(spoken.key(form))
