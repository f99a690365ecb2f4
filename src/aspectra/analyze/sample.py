"""Draws sentences of the reviews by seed, with the opinions found in them, for a person to check.

Called by `aspectra.cli.check`; `aspectra.report.check` makes the page.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from aspectra.analyze.kept import kept_of, open_kept
from aspectra.analyze.opinions import Opinion, Opinions
from aspectra.analyze.output import Written
from aspectra.analyze.table import Table, read_table
from aspectra.errors import UserError
from aspectra.files import sha256
from aspectra.manifest import MANIFEST, digest, read
from aspectra.markup import read as without_markup
from aspectra.rows import check_file
from aspectra.sentences import spans

READING = ("text_column", "id_column", "encoding", "delimiter", "skip_bad_rows", "limit")


class Sentence(NamedTuple):
    """A sentence of a review, at [start, end) of its text, and the opinions found there."""

    row: int
    review: str
    start: int
    end: int
    text: str
    opinions: list[Opinion]


def sample(reviews: Path, out: Path, count: int, seed: int) -> dict[str, Any]:
    """`count` sentences of all reviews that were analyzed into `out`, including those without an opinion.

    Each sentence has a hash of the seed, its text and its place. Those with the lowest hashes are drawn, in that order.
    So a person who stops early has still judged a random sample, and every sentence has the same chance. Returns the
    input of `aspectra.report.check.write`.

    Raises UserError if `out` has no manifest or was changed, and if `reviews` are not those that it was made from.
    """
    manifest = read(out.parent, f"{out.name}.{MANIFEST}")
    if manifest is None:
        raise UserError(f"{out} has no {out.name}.{MANIFEST} beside it: name the file that `aspectra analyze` wrote")
    check_file(reviews)
    if manifest["inputs"].get("reviews") != digest(reviews):
        made_from = kept_of(out) if manifest["config"].get("append") else manifest["reviews"]
        raise UserError(f"{reviews} is not the file that {out} was made from ({made_from}); name that file")
    if not out.is_file() or manifest["outputs"].get(out.name) != sha256(out):
        raise UserError(f"{out} has changed since `aspectra analyze` wrote it; make it again with --replace")
    said, figures = manifest["config"], manifest["figures"]
    if not figures:
        raise UserError(f"{out} was written and not counted yet; run `aspectra analyze` again")
    settings = {name: said[name] for name in READING if name in said}
    # The reviews of a growing output have their own format.
    table = open_kept(reviews) if said.get("append") else read_table(reviews, **settings)
    of = 0

    def numbered() -> Iterator[Sentence]:
        nonlocal of
        for each in sentences(table):
            of += 1
            yield each

    drawn = heapq.nsmallest(count, numbered(), key=lambda each: lot(seed, each))
    place(drawn, Written(out, said["excel_safe"]))
    return {
        "reviews": manifest["reviews"],
        "reader": figures.get("reader"),
        "seed": seed,
        "of": of,
        "targets": bool(figures["targets"]["rows"]) or not figures["categories"]["rows"],
        "categories": [row["label"] for row in figures["categories"]["rows"]],
        "sentences": [saved(each) for each in drawn],
    }


def saved(sentence: Sentence) -> dict[str, Any]:
    """The sentence as the page shows and saves it: without HTML, with offsets within it."""
    reading = without_markup(sentence.text)
    opinions = []
    for o in sentence.opinions:
        target, start, end = None, None, None
        if o.start is not None and o.end is not None:
            start, end = reading.seen(o.start - sentence.start, o.end - sentence.start)
            target = reading.text[start:end]
        said: dict[str, Any] = {"target": target, "category": o.category, "polarity": o.polarity}
        opinions.append(said | {"from": start, "to": end, "confidence": o.confidence})
    return {
        "review_row": sentence.row,
        "review_id": sentence.review,
        "text": reading.text,
        "opinions": opinions,
    }


def lot(seed: int, sentence: Sentence) -> bytes:
    told = f"{seed} {sentence.row} {sentence.start} {sentence.text}"
    return hashlib.sha256(told.encode("utf-8", "replace")).digest()


def sentences(table: Table) -> Iterator[Sentence]:
    """Every sentence that the reader read, still without its opinions."""
    for entry in table.entries():
        reading = without_markup(entry.text)
        for span in spans(reading.text):
            start, end = reading.given(*span)
            yield Sentence(entry.row, entry.id, start, end, entry.text[start:end], [])


def place(drawn: list[Sentence], opinions: Opinions) -> None:
    """Add to the sentences their opinions, out of all of them."""
    rows: dict[int, list[Sentence]] = {}
    for each in sorted(drawn, key=lambda each: each.start):
        rows.setdefault(each.row, []).append(each)
    for row, found in opinions:
        for opinion in found.opinions if row in rows else ():
            for each in rows[row]:
                # If a sentence occurs twice, an opinion without offsets matches both: each gets it once.
                if inside(opinion, each) and what(opinion) not in map(what, each.opinions):
                    each.opinions.append(opinion)


def what(opinion: Opinion) -> Opinion:
    """The opinion without its confidence, whose last digits depend on the batch."""
    return opinion._replace(confidence=None)


def inside(opinion: Opinion, sentence: Sentence) -> bool:
    """Whether an opinion belongs to this sentence. Without a target it has no offsets: the sentences are compared."""
    if opinion.start is not None:
        return sentence.start <= opinion.start < sentence.end
    return opinion.sentence == sentence.text
