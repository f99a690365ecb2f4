"""Counts over all opinions in one pass: by target, category, column and time. Called by `aspectra.analyze.analysis`.

Memory does not grow with the number of reviews: tables of targets, of a column's values and of pairs of both hold a
limited number of entries (`bounded`), quotes are a few for each target.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from aspectra.analyze.columns import Column
from aspectra.analyze.dates import clock
from aspectra.analyze.english import strange
from aspectra.analyze.groups import Group, by_polarity
from aspectra.analyze.lemma import grouping
from aspectra.analyze.movers import movers
from aspectra.analyze.opinions import Opinions, joined
from aspectra.analyze.periods import Periods
from aspectra.analyze.table import Table
from aspectra.analyze.topics import Topics
from aspectra.progress import progress

STEP = 1000  # reviews after which the bar moves


def count_opinions(
    table: Table, opinions: Opinions, *, by: Sequence[str] = (), language: str = "en", made_for: str | None = None
) -> dict[str, Any]:
    """Join the opinions with their reviews and count them: everything that the report shows, as JSON has it.

    `opinions` are those of `read_opinions`, or of a file that `write_opinions` made (`output.read_written`); a review
    of which they do not speak has none. `by` are columns of the table to compare by; `language` is that of the
    targets, by whose grammar they are grouped; `made_for` is that of the sentences that the reader is made for: where
    it is English, reviews that do not look so are counted (`foreign`). Shares are fractions with their 95 % intervals.

    Raises UserError for a column that is not there, a language that is not known, opinions of other reviews.
    """
    table.check_columns(by)
    laid = clock(table.dates, table.days) if table.dates else None
    whole, silent, cut, foreign = Group(), 0, 0, 0
    targets = Topics(attrgetter("target"), grouping(language))
    categories = Topics(attrgetter("category"), str.casefold)
    columns = [Column(name) for name in by]
    periods = Periods(laid) if laid else None
    with progress("counting", table.reviews) as bar:
        for entry, found in joined(table.entries(), opinions):
            counts = by_polarity(found.opinions)
            whole.add(counts)
            silent += not any(counts)
            cut += found.cut
            foreign += made_for == "en" and strange(entry.text)
            half = periods.add(entry.values, counts) if periods else None
            named = targets.add(entry, found.opinions, half)
            kinds = categories.add(entry, found.opinions, half)
            for column in columns:
                column.add(entry.values, counts, named or kinds)
            if whole.reviews % STEP == 0:
                bar.advance(STEP)
    figures = whole.figures()
    heads = targets if len(targets.table) else categories
    halves = periods.halves if periods else (0, 0)
    return {
        "reviews": figures["reviews"],
        "without_opinion": silent,
        "cut": cut,
        "foreign": {"language": made_for, "reviews": foreign} if made_for == "en" else None,
        "opinions": figures["opinions"],
        "polarities": figures["polarities"],
        "targets": targets.figures(),
        "categories": categories.figures(),
        "by": [column.figures(heads) for column in columns],
        "time": periods.figures() if periods else None,
        "movers": {"targets": movers(targets, halves), "categories": movers(categories, halves)},
    }
