"""Reads elicitations for the corpus step: reviews, their accepted answers, their ratings.

Called by `aspectra.corpus.build`. The store is the source of truth: if a run was killed before it wrote its Parquet
files, or continued after that, they are written here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from aspectra.config import CorpusConfig
from aspectra.elicit import handoff
from aspectra.elicit.status import status
from aspectra.errors import AspectraError, UserError
from aspectra.progress import say
from aspectra.schema import Response


def handed_on(folder: Path) -> Path:
    """The response file of an elicitation's folder. It is rewritten if the store has newer answers."""
    if folder.is_file():
        return folder
    path = folder / handoff.PARQUET
    try:
        if handoff.behind(folder):
            now = handoff.write(folder)
            say(f"corpus: {path} was older than its store, and is written again: {now} responses")
    except AspectraError as error:
        if not path.is_file():
            raise
        say(f"corpus: {path} is used as it is, because its store cannot be read: {error}")
    if not path.is_file():
        if not folder.exists():
            raise UserError(f"{folder} does not exist")
        raise UserError(f"{folder} has no {handoff.PARQUET}; name a folder that `aspectra elicit` made")
    return path


def tell_open(folder: Path) -> None:
    """Report answers that the last run of an elicitation's folder lacks; a Parquet file alone does not tell."""
    try:
        counts = status(folder)
    except AspectraError:  # no readable store: only the Parquet file counts
        return
    if counts["absent"]:
        say(f"corpus: in {folder} {counts['absent']} answers are absent: the recorded file does not have them")
    if left := " and ".join(f"{counts[name]} answers are {name}" for name in ("pending", "failed") if counts[name]):
        say(f"corpus: in {folder} {left}, and are not in the corpus; run the same `aspectra elicit` to get them")


def gather(
    sources: Sequence[Path], config: CorpusConfig, counts: Counter[str], reasons: dict[str, Counter[str | None]]
) -> tuple[dict[str, str], dict[str, dict[str, Response]], dict[str, float]]:
    """Reviews by id, their accepted answers by kind, and their ratings.

    Reviews of different folders with the same text are one review (one folder may have the analyses, the other the
    rewritings). Otherwise the id of a later folder's review gets a prefix. Of two answers of one kind, the first
    counts; if only the second has probabilities, the first gets them. `reasons` counts why answers were rejected.
    """
    reviews: dict[str, str] = {}
    answers: dict[str, dict[str, Response]] = defaultdict(dict)
    ratings: dict[str, float] = {}
    for number, source in enumerate(sources):
        prefix = f"{number}:" if number else ""
        # Of reviews with the same text, the first is kept (`duplicates`).
        before = {text: name for name, text in reversed(reviews.items())}
        names: dict[str, str] = {}
        for response in read_responses(source):
            counts["responses read"] += 1
            if response.status in ("done", "rejected"):
                reasons[response.kind][response.reason if response.status == "rejected" else None] += 1
            if response.status != "done":
                counts[f"responses {response.status}"] += 1
                continue
            name = before.get(response.review, prefix + response.review_id)
            names[response.review_id] = name
            reviews[name] = response.review
            if (first := answers[name].get(response.kind)) is not None:
                counts["responses of a kind that the review already has"] += 1
                if first.distribution is None and response.distribution is not None:
                    answers[name][response.kind] = replace(first, distribution=response.distribution)
                    counts["reviews with another teacher's probabilities"] += 1
                continue
            answers[name][response.kind] = response
        if "rating" in config.kinds:
            for review_id, rating in read_ratings(source.with_name(handoff.REVIEWS)):
                if review_id in names:
                    ratings.setdefault(names[review_id], rating)
    return reviews, answers, ratings


def read_responses(path: Path) -> Iterator[Response]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(Response.__dataclass_fields__)
    try:
        file = pq.ParquetFile(path)
        there = file.schema_arrow.names
        if missing := [name for name in names if name not in (*there, "distribution")]:
            raise UserError(f"{path} is not a response file: it has no columns {', '.join(missing)}")
        for batch in file.iter_batches(columns=[name for name in names if name in there]):
            for row in batch.to_pylist():
                yield Response(**row)
    except pa.ArrowInvalid:
        raise UserError(f"{path} is not a Parquet file; name the folder that `aspectra elicit` made") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path}: {error}") from error


def read_ratings(path: Path) -> Iterator[tuple[str, float]]:
    """Id and rating of the reviews with a rating; none if the file does not exist."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return
    try:
        file = pq.ParquetFile(path)
        if not {"id", "rating"} <= set(file.schema_arrow.names):
            return
        for batch in file.iter_batches(columns=["id", "rating"]):
            for row in batch.to_pylist():
                if isinstance(row["rating"], int | float):
                    yield str(row["id"]), row["rating"]
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path}: {error}") from None
