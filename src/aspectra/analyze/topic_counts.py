"""Opinions counted by topic: targets that belong together by meaning, each topic with its targets and quotes.

Two passes: what is named and how often, of which topics are made; then how many reviews speak of each. Offered to
Python by `aspectra.analyze`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any

from aspectra.analyze import lemma
from aspectra.analyze.grouping import OTHER, Grouping, Subject, find, given
from aspectra.analyze.opinions import Opinions, joined
from aspectra.analyze.table import Table
from aspectra.analyze.topics import Topic, Topics
from aspectra.readers.taggers.meanings import Meanings

TARGETS = 12  # of a topic, the most frequent, in the figures


def count_topics(
    table: Table,
    opinions: Opinions,
    model: Path | str,
    *,
    named: Mapping[str, Sequence[str]] | None = None,
    language: str = "en",
) -> list[dict[str, Any]]:
    """A row for each topic, the one that most reviews speak of first, `other` last.

    `opinions` are those of `read_opinions`: they are walked over twice. `model` is the folder of an exported tagger, by
    whose table of meanings targets are put together; `named` are topics of your own with examples (`read_topics`), else
    they are found. A row has `name`, `reviews`, `opinions`, `polarities` as `count_opinions` has them, the most
    frequent `targets` with their `opinions`, and `quotes` by polarity.

    Raises UserError where the model has no such table, and as `count_opinions` does; TypeError for opinions that can be
    walked over only once.
    """
    if iter(opinions) is opinions:
        raise TypeError("opinions are walked over twice: give those of read_opinions, or a list")
    meanings = Meanings(Path(model))
    key = lemma.grouping(language)
    counted = tally(table, opinions, Topics(attrgetter("target"), key)).table.ranked()
    labels = {one: topic.label for one, topic in counted}
    subjects = [subject(topic) for _, topic in counted]
    grouping = find(subjects, meanings) if named is None else given(named, subjects, meanings)
    whole = tally(table, opinions, Topics(attrgetter("target"), topic_of(grouping, key, labels)))
    members: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one, name in zip(subjects, grouping.topics([one.text for one in subjects]), strict=True):
        members[name or OTHER].append({"label": one.text, "opinions": one.count})
    rows = [
        {"name": name, **topic.figures(), "targets": members[name][:TARGETS], "quotes": topic.quoted()}
        for name, topic in whole.widest()
    ]
    return sorted(rows, key=lambda row: row["name"] == OTHER)


def tally(table: Table, opinions: Opinions, topics: Topics) -> Topics:
    """The topics, with all opinions counted."""
    for entry, found in joined(table.entries(), opinions):
        topics.add(entry, found.opinions, None)
    return topics


def subject(topic: Topic) -> Subject:
    """A target as `grouping` takes it: the sentences around it are its quotes."""
    quotes = [quote for some in topic.quotes.values() for quote in some if quote.start is not None]
    around = tuple(quote.sentence[: quote.start] + quote.sentence[quote.end :] for quote in quotes)
    return Subject(topic.label, sum(topic.counts), around)


def topic_of(grouping: Grouping, key: Callable[[str], str], labels: Mapping[str, str]) -> Callable[[str], str]:
    """A function from a target to the name of its topic: all targets of one lemma are of one."""

    @lru_cache(maxsize=20_000)
    def name(target: str) -> str:
        return (grouping.topics([labels.get(key(target), target)])[0] or OTHER) if key(target) else ""

    return name
