"""Draws the reviews for `distil`: half at random, half where the student is uncertain. Called by `distil`.

Half of the draw is a random sample of the file. For the other half, the student reads `CANDIDATES` times as many other
random reviews. From each segment of the file, those with the highest uncertainty are taken (`aspectra.readers.doubt`).
Each segment has its share of the draw, so one unusual month or shop does not fill it. They are the most uncertain of
five, not of a hundred: extreme outliers (other languages, noise) teach little. For a student without a task there is no
uncertainty: then the whole draw is random.

Every tenth review is held out for the report. These are only from the random half, so F1 on them represents the file,
not its hardest reviews. They are chosen before any answer is seen. Reviews are ordered by random key, alternating
between the halves: if the money runs out, the answered part is the same mixture. A review's key is a hash of the seed
and its id, so a larger draw contains the random half of a smaller one.

If the LLM is to be asked about sentences, one of each review, chosen by the same key, takes the review's place.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

from aspectra.elicit.selection import layout, lot_of
from aspectra.errors import UserError
from aspectra.manifest import Stage
from aspectra.places import locate
from aspectra.progress import counted, progress, say
from aspectra.readers.doubt import doubt
from aspectra.readers.predictor import load
from aspectra.recipes import DistilConfig
from aspectra.reviews import read_reviews
from aspectra.schema import Review
from aspectra.sentences import spans
from aspectra.systems import LAYOUT
from aspectra.tables import write_jsonl

REVIEWS = "reviews.jsonl"
CANDIDATES = 5  # reviews that are read for each one that is taken for its uncertainty
LEAST = 20  # answered reviews needed for training and evaluation
MOST = 20_000  # maximum number of reviews that are read; takes some minutes
STRETCHES = 20  # segments of the file, each with its share of the uncertain reviews
TENTH = 10  # one of so many reviews is held out
WORDS = 4  # a sentence that stands for its review has at least so many, if the review has such a one
WINDOW = 64  # reviews that are read at once: on a slow machine, more would stop the progress bar for a minute


@dataclass(frozen=True, order=True, slots=True)
class Lot:
    """A review with its random key and its position in the file; `doubt` if it was taken for that."""

    lot: int
    place: int
    review: Review
    doubt: float | None = None


def draw(config: DistilConfig, doubting: Path | None, out: Path) -> dict[str, Any]:
    """Draw reviews into `out`/reviews.jsonl and return the manifest; a finished draw is only returned.

    `doubting` is the folder of a tagger that has the task; half of the reviews are chosen by its uncertainty. A row has
    `id`, `text`, `domain`, `rating`, its `row` in the file, `why` (random, unsure), the `doubt` (nats per word) and
    `held`, whether it is held out. Raises UserError for a file that cannot be read.

    A finished draw is kept if the student changes, so that paid answers can be reused.
    """
    reviews, asked = locate(config.reviews), config.elicit
    settings = {"draw": config.draw, "seed": config.seed, "sentences": config.sentences}
    settings |= {name: getattr(asked, name) for name in LAYOUT}
    stage = Stage("draw", out, {"reviews": reviews}, settings, replace=True)
    if (done := stage.finished()) is not None:
        say(f"draw: {out} is done already")
        return done
    wanted = config.draw // 2 if doubting is not None else 0
    read = min(CANDIDATES * wanted, max(wanted, MOST))
    lots, total = lowest(config, reviews, config.draw - wanted + read)
    if min(total, config.draw) < LEAST:
        raise UserError(
            f"distil needs at least {LEAST} reviews to train on and to evaluate: {reviews} has {total:,}, and "
            f"--reviews takes {config.draw:,}"
        )
    if total <= config.draw:
        wanted = 0  # all are asked about
    random, others = lots[: config.draw - wanted], lots[config.draw - wanted :]
    unsure = sorted(spread(doubtful(others, doubting, config), wanted)) if wanted and doubting is not None else []
    every = TENTH * len(random) // (len(random) + len(unsure))
    kept = {each.review.id for each in random[::every]}
    stage.begin()
    write_jsonl(out / REVIEWS, (row(each, each.review.id in kept) for each in by_turns(random, unsure)))
    figures = {
        "reviews": total,
        "drawn": len(random) + len(unsure),
        "random": len(random),
        "unsure": len(unsure),
        "read": len(others) if unsure else 0,
        "held": len(kept),
    }
    say(f"draw: {told(figures)}")
    return stage.finish(figures)


def told(figures: dict[str, Any]) -> str:
    """A line on what was drawn and why."""
    drawn, total = figures["drawn"], figures["reviews"]
    if drawn == total:
        return f"all {counted(total, 'review')} of the file"
    if not figures["unsure"]:
        return f"{drawn:,} of {counted(total, 'review')}, at random"
    return (
        f"{drawn:,} of {counted(total, 'review')}: {figures['random']:,} at random, and "
        f"{figures['unsure']:,} where the student is least sure, of {figures['read']:,} that it read, "
        "spread over the file"
    )


def lowest(config: DistilConfig, reviews: Path, count: int) -> tuple[list[Lot], int]:
    """The at most `count` reviews with the lowest keys, in order; and the number of reviews in the file."""
    total = 0

    def lots() -> Iterator[Lot]:
        nonlocal total
        with progress("draw: read", None) as bar:
            for review in read_reviews(reviews, layout(config.elicit), config.elicit.skip_bad_rows):
                yield Lot(lot_of(config.seed, review.id), total, review)
                total += 1
                bar.advance()

    found = heapq.nsmallest(count, lots())
    if config.sentences:
        found = [replace(each, review=sentence(each.review, each.lot)) for each in found]
    return found, total


def sentence(review: Review, lot: int) -> Review:
    """One sentence of the review, chosen by the key, without the rating, which is of the whole.

    A review of one sentence is unchanged.
    """
    found = [review.text[start:end] for start, end in spans(review.text)]
    long = [text for text in found if len(text.split()) >= WORDS] or found
    return replace(review, text=long[lot % len(long)], rating=None) if len(found) > 1 else review


def doubtful(lots: Sequence[Lot], student: Path, config: DistilConfig) -> list[Lot]:
    """The same reviews with the student's uncertainty."""
    settings = config.pretrain
    found = []
    with progress("draw: where is the student unsure?", len(lots)) as bar:
        predictor = load(student, device=settings.get("device", "auto"), threads=settings.get("threads"))
        for each, said in zip(lots, predictor.extract_iter((lot.review.text for lot in lots), WINDOW), strict=True):
            found.append(replace(each, doubt=doubt(said)))
            bar.advance()
    return found


def spread(pool: Sequence[Lot], count: int) -> Iterator[Lot]:
    """The most uncertain reviews of each segment of the file, `count` in all, or as many as there are."""
    placed, stretches = sorted(pool, key=lambda each: each.place), min(STRETCHES, count)
    for n in range(stretches):
        part = placed[len(placed) * n // stretches : len(placed) * (n + 1) // stretches]
        share = count * (n + 1) // stretches - count * n // stretches
        yield from heapq.nlargest(share, part, key=lambda each: (each.doubt or 0.0, -each.lot))


def by_turns(one: Sequence[Lot], other: Sequence[Lot]) -> Iterator[Lot]:
    """Alternate between both, then the rest of the longer one."""
    return (each for each in chain.from_iterable(zip_longest(one, other)) if each is not None)


def row(each: Lot, held: bool) -> dict[str, Any]:
    """A drawn review as a row of the file."""
    review = each.review
    return {
        "id": review.id,
        "text": review.text,
        "domain": review.domain,
        "rating": review.rating,
        "row": each.place + 1,
        "why": "random" if each.doubt is None else "unsure",
        "doubt": None if each.doubt is None else round(each.doubt, 4),
        "held": held,
    }
