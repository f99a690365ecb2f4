"""Chooses the reviews to ask about, if not all can be paid for: `aspectra elicit --select N`.

`random` draws every review with the same chance. The others spread the draw over strata of domain x rating x length
(thirds) x topic (`topics.py`). A stratum of n reviews gets a share proportional to the square root of n, at most n.
This is Bankier's power allocation (1988, "Power allocations: determining sample sizes for subnational areas", The
American Statistician 42) with power 1/2. It is between proportional allocation (power 1), which is exact for the
overall mean (Cochran 1977, "Sampling Techniques", chapter 5) but rarely draws rare cases, and equal allocation (power
0), which gives a stratum of two reviews as much as one of a million. Vo et al. (2024, arXiv 2405.15613) curate
pretraining data by balance over clusters. Shares are rounded to integers by systematic sampling along the sorted strata
with a random start (Madow 1949). So each domain, and each rating of a domain, gets its share to within one review, even
with more strata than reviews to draw. The effect on a student: docs/results/selection.md.

Within a stratum, the reviews with the lowest lots are drawn; a lot is a hash of the seed and the review's id. The same
file, settings and seed draw the same reviews. The file is read three times. Memory: about 30 bytes for each review
(besides what `read_reviews` keeps to find duplicate ids) and the texts of `FIT` reviews, from which the topics are
learned. The draw is stored as the reviews of the store's run. Called by `aspectra.elicit.call` and `plan`.
"""

from __future__ import annotations

import hashlib
import heapq
import itertools
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.progress import progress, say
from aspectra.reviews import Layout, Seen, read_reviews
from aspectra.rows import Form
from aspectra.schema import Review

FIT = 20_000
CHUNK = 1024
TOPICS = 50  # at most; else the square root of the number to draw, so that each topic can be drawn several times
RATINGS = 10  # up to so many distinct ratings, each is a stratum; with more, fifths are

Read = Callable[[], Iterator[Review]]


@dataclass(slots=True)
class Survey:
    """The lot and the strata's features of every review, and the texts with the lowest lots (at most `FIT`)."""

    lots: array[int] = field(default_factory=lambda: array("Q"))
    lengths: array[int] = field(default_factory=lambda: array("I"))
    ratings: array[float] = field(default_factory=lambda: array("d"))
    domains: array[int] = field(default_factory=lambda: array("I"))
    texts: list[str] = field(default_factory=list)


def check(config: ElicitConfig) -> None:
    """Raise UserError if something that the selection needs is not given or not installed."""
    by = config.select_by
    if config.encoder is not None and (config.select is None or by != "embeddings"):
        raise UserError("--encoder is for --select N --select-by embeddings")
    if by != "random" and config.select is None:
        raise UserError(f"--select-by {by} needs the number of reviews: add --select N")
    if config.select is None or by == "random":
        return
    need("select", f"--select-by {by}")
    if by == "embeddings":
        need("train", "--select-by embeddings")
        if config.encoder is None:
            raise UserError(
                "--select-by embeddings needs --encoder: name the folder of a model, best a sentence encoder"
            )


def chosen(path: Path, config: ElicitConfig, seen: Seen | None = None) -> Iterator[Review]:
    """The selected reviews of a file, in its order.

    With `select`, reading starts when the first review is requested. Raises UserError like `read_reviews`.
    """
    if config.select is None:
        return read_reviews(path, layout(config), config.skip_bad_rows, config.limit, seen=seen)
    turns = itertools.count()

    def read() -> Iterator[Review]:
        # The file is read three times; only the first pass reports skipped rows.
        return read_reviews(path, layout(config), config.skip_bad_rows, config.limit, tell=not next(turns))

    return select(read, config.select, config.select_by, config.seed, config.encoder)


def layout(config: ElicitConfig) -> Layout:
    """The columns and format of the reviews' file, from the settings."""
    return Layout(config.text_column, config.id_column, Form(config.encoding, config.delimiter))


def select(read: Read, count: int, by: str, seed: int, encoder: str | None = None) -> Iterator[Review]:
    """Draw `count` reviews `by` random, tfidf or embeddings; all of them if there are no more.

    `read` starts a new pass over the reviews each time. Raises UserError for an unusable encoder.
    """
    survey = look(read(), seed, keep=0 if by == "random" else FIT)
    total = len(survey.lots)
    if total <= count:
        say(f"select: there are only {total} reviews, so all of them are asked about")
        yield from read()
        return
    if by == "random":
        places = set(heapq.nsmallest(count, range(total), key=survey.lots.__getitem__))
        say(f"select: {count} of {total} reviews, at random")
    else:
        strata = stratify(survey, topics(read(), survey, count, seed, encoder))
        places = spread(strata, survey.lots, count, seed)
        say(f"select: {count} of {total} reviews, spread over domain, rating, length and topic")
    for place, review in enumerate(read()):
        if place in places:
            yield review


def look(reviews: Iterator[Review], seed: int, keep: int) -> Survey:
    """Read all reviews once; keep the texts of the `keep` reviews with the lowest lots."""
    survey, domains = Survey(), dict[str | None, int]()
    drawn: list[tuple[int, int, str]] = []
    with progress("select: read", None) as bar:
        for place, review in enumerate(reviews):
            survey.lots.append(lot := lot_of(seed, review.id))
            survey.lengths.append(len(review.text.split()))
            survey.ratings.append(float("nan") if review.rating is None else review.rating)
            survey.domains.append(domains.setdefault(review.domain, len(domains)))
            if keep:
                (heapq.heappush if len(drawn) < keep else heapq.heappushpop)(drawn, (-lot, place, review.text))
            bar.advance()
    survey.texts = [text for _, _, text in sorted(drawn, reverse=True)]
    return survey


def lot_of(seed: int, name: str) -> int:
    """The lot of a review, from its id: lower ones are drawn first."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {name}".encode("utf-8", "replace"), digest_size=8).digest())


def topics(reviews: Iterator[Review], survey: Survey, count: int, seed: int, encoder: str | None) -> array[int]:
    """The topic of every review. The number of topics depends on the number to draw."""
    from aspectra.elicit.topics import Topics

    found, total = array("I"), len(survey.lots)
    with progress("select: topics", total) as bar:
        model = Topics(survey.texts, min(TOPICS, max(2, round(count**0.5))), seed, encoder)
        texts = (review.text for review in reviews)
        while part := list(itertools.islice(texts, CHUNK)):
            found.extend(model.of(part).tolist())
            bar.advance(len(part))
    return found


def stratify(survey: Survey, topics: array[int]) -> Any:
    """Four integers for each review, shape (reviews, 4): domain, rating, length, topic."""
    import numpy as np

    ratings = np.asarray(survey.ratings)
    rated = ~np.isnan(ratings)
    levels = np.unique(ratings[rated])
    if len(levels) > RATINGS:
        levels = np.quantile(ratings[rated], [0.2, 0.4, 0.6, 0.8])
    lengths = np.asarray(survey.lengths)
    thirds = np.searchsorted(np.quantile(lengths, [1 / 3, 2 / 3]), lengths)
    known = np.where(rated, np.searchsorted(levels, np.where(rated, ratings, 0.0)), -1)
    return np.stack([np.asarray(survey.domains), known, thirds, np.asarray(topics)], axis=1).astype(np.int64)


def spread(strata: Any, lots: array[int], count: int, seed: int) -> set[int]:
    """The indices of `count` reviews of the strata (rows of `stratify`); `count` is less than their number."""
    import numpy as np

    _, member, sizes = np.unique(strata, axis=0, return_inverse=True, return_counts=True)
    taken = whole(shares(sizes, count), float(np.random.default_rng(seed).random()))
    order = np.lexsort((np.asarray(lots), member))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return set(order[rank < np.repeat(taken, sizes)].tolist())


def shares(sizes: Any, count: int) -> Any:
    """Divide `count` in proportion to the square roots of the sizes, none above its size. `count` is less than their
    sum.
    """
    import numpy as np

    roots, free = np.sqrt(sizes), np.ones(len(sizes), dtype=bool)
    while True:
        left = count - sizes[~free].sum()
        wanted = np.where(free, roots * left / roots[free].sum(), sizes)
        over = free & (wanted > sizes)
        if not over.any():
            return wanted
        free &= ~over


def whole(wanted: Any, start: float) -> Any:
    """Integers with the same sum. Each one, and each sum of neighbors, is the wanted one rounded up or down."""
    import numpy as np

    # Rounded, since a sum of fractions may miss an integer in the last digit.
    edges = np.floor(np.round(np.cumsum(wanted), 9) + start).astype(np.int64)
    return np.diff(edges, prepend=0)
