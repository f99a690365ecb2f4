"""Counts all opinions in two passes: first targets, from which topics are made; then topics, by column and time. Called
by `aspectra.analyze.analysis`.

Memory hardly grows with the number of reviews: 12 bytes for each review with stars, for at most a million. The tables
of names, of a column's values and of pairs of both have limits (`bounded`); only a few quotes are kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from aspectra.analyze.columns import Column
from aspectra.analyze.dates import clock
from aspectra.analyze.english import strange
from aspectra.analyze.groups import Group, by_polarity
from aspectra.analyze.movers import movers
from aspectra.analyze.opinions import Found, Opinions, joined
from aspectra.analyze.periods import Periods
from aspectra.analyze.scheme import Scheme, scheme
from aspectra.analyze.spoken import Spoken, spoken
from aspectra.analyze.stars import Stars
from aspectra.analyze.table import Entry, Table
from aspectra.analyze.topics import Topics
from aspectra.meaning.grouping import OTHER, OVERALL
from aspectra.meaning.named import topics_of
from aspectra.progress import progress
from aspectra.readers.opening import chosen

STEP = 1000  # reviews between updates of the progress bar


def count_opinions(
    table: Table,
    opinions: Opinions,
    *,
    by: Sequence[str] = (),
    language: str = "en",
    made_for: str | None = None,
    model: Path | str | None = None,
    topics: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """Join the opinions with their reviews and count them; returns everything that the report shows, as JSON.

    `opinions` come from `read_opinions`, or from a file that `write_opinions` made (`output.Written`), and are iterated
    twice; a review that is not in them has none. `by` are columns of the table to compare. `language` is the language
    of the targets; its lemmas group them. `made_for` is the language that the reader is made for. If it is English,
    reviews in other languages are counted (`foreign`). Shares are fractions with their 95 % intervals.

    `model` is the folder of an exported tagger, or reader-en, the reader that comes with Aspectra; its table of
    meanings groups targets into topics. Without it they are grouped by words. `topics` are the user's own, with
    examples (`read_topics`).

    Raises UserError for an unknown column, an unknown language, opinions of other reviews, a model without a table, or
    topics that no file may have; TypeError if `opinions` can be iterated only once.
    """
    if iter(opinions) is opinions:
        raise TypeError("opinions must be a list, or the result of read_opinions: they are read twice")
    topics = None if topics is None else topics_of(topics.items(), "topics")
    by = table.compared(by)
    targets, categories = spoken(language)
    figures = whole(table, opinions, targets, categories, made_for)
    made = scheme(targets, categories, None if model is None else Path(chosen(model)), topics)
    figures |= {"targets": targets.figures(), "categories": categories.figures()}
    del targets, categories  # frees what the scheme does not hold
    return figures | by_topic(table, opinions, by, made)


def whole(
    table: Table, opinions: Opinions, targets: Spoken, categories: Spoken, made_for: str | None
) -> dict[str, Any]:
    """The first pass: the figures of all reviews, and the names in them."""
    group, silent, cut, under, foreign = Group(), 0, 0, 0, 0
    for entry, found in walked(table, opinions, "counting"):
        counts = by_polarity(found.opinions)
        group.add(counts)
        silent += not any(counts)
        cut += found.cut
        under += found.under
        foreign += made_for == "en" and strange(entry.text)
        targets.add(entry, found.opinions)
        categories.add(entry, found.opinions)
    figures = group.figures()
    return {
        "reviews": figures["reviews"],
        "without_opinion": silent,
        "cut": cut,
        "under": under,
        "foreign": {"language": made_for, "reviews": foreign} if made_for == "en" else None,
        "opinions": figures["opinions"],
        "polarities": figures["polarities"],
    }


def by_topic(table: Table, opinions: Opinions, by: Sequence[str], made: Scheme) -> dict[str, Any]:
    """The second pass: topics, and their counts by column, time and stars."""
    laid = clock(table.dates, table.days) if table.dates else None
    topics, columns = Topics(made), [Column(name) for name in by]
    periods = Periods(laid) if laid else None
    stars = Stars(table.stars, [*made.names, OTHER, OVERALL]) if table.stars else None
    for entry, found in walked(table, opinions, "counting topics"):
        counts = by_polarity(found.opinions)
        half, stretch = periods.add(entry.values, counts) if periods else (None, None)
        named = topics.add(entry, found.opinions, half, stretch)
        for column in columns:
            column.add(entry.values, counts, named)
        if stars is not None:
            stars.add(entry.values, (name for name, negative in named.items() if negative))
    told = stars.figures() if stars is not None else None
    effects = told.pop("effects") if told else {}
    heads = [name for name, _ in topics.ranked() if name != OTHER]
    return {
        "topics": {**topics.figures(len(laid.starts) if laid else 0, effects.get), "stars": told},
        "by": [column.figures(heads) for column in columns],
        "time": periods.figures(table.unreadable["date"]) if periods else None,
        "movers": movers(topics, periods.halves if periods else (0, 0)),
    }


def walked(table: Table, opinions: Opinions, what: str) -> Iterator[tuple[Entry, Found]]:
    """Every review with its opinions; shows a progress bar."""
    with progress(what, table.reviews) as bar:
        for number, pair in enumerate(joined(table.entries(), opinions), 1):
            yield pair
            if number % STEP == 0:
                bar.advance(STEP)
