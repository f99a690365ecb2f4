"""`corpus`: responses of one or more elicitations -> training text, silver labels and a data card.

Called by `aspectra corpus` and by `aspectra.pipeline`. Reads `responses.parquet` (and `reviews.parquet` for ratings),
writes `train.parquet` and `dev.parquet` with one row (id, review_id, kind, input, output), `silver/`, the card.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from aspectra.config import CorpusConfig
from aspectra.corpus import silver
from aspectra.corpus.card import card
from aspectra.corpus.decontaminate import Evaluation, files
from aspectra.corpus.duplicates import Seen
from aspectra.corpus.words import length
from aspectra.elicit.reasons import rejected
from aspectra.elicit.status import status
from aspectra.errors import AspectraError, UserError
from aspectra.files import write_text
from aspectra.manifest import Stage
from aspectra.progress import progress, say
from aspectra.schema import Response
from aspectra.tables import write_parquet

COLUMNS = ("id", "review_id", "kind", "input", "output")
FEW = 100  # reviews


def build(folders: Sequence[Path], config: CorpusConfig, out: Path, replace: bool = False) -> dict[str, Any]:
    """Make the corpus and return its manifest; done already, it is only returned.

    Raises UserError where a folder has no responses, where nothing is left after the filters, and where an
    evaluation file does not exist.
    """
    if len(set(config.kinds)) != len(config.kinds):
        raise UserError("--kinds names each kind once, for example --kinds analysis,rewriting")
    sources = [responses_file(folder) for folder in folders]
    evaluated = files(None, config.evaluation)
    inputs: dict[str, Path | str] = {f"responses {i}": path for i, path in enumerate(sources)}
    if "rating" in config.kinds:
        rated = [path.with_name("reviews.parquet") for path in sources]
        inputs |= {f"reviews {i}": path for i, path in enumerate(rated) if path.is_file()}
    for path in evaluated:
        name = f"evaluation {path.parent.name}/{path.name}"
        inputs[name if name not in inputs else f"evaluation {path}"] = path
    stage = Stage("corpus", out, inputs, config.model_dump(mode="json"), replace=replace)
    if (done := stage.finished()) is not None:
        say(f"corpus: {out} is done already")
        return done
    for folder in folders:
        tell_open(folder)
    stage.begin()
    with stage.given_back():
        figures = make(sources, evaluated, config, out)
    return stage.finish(figures)


def make(sources: Sequence[Path], evaluated: Sequence[Path], config: CorpusConfig, out: Path) -> dict[str, Any]:
    """Write the corpus' files and return its figures."""
    from aspectra.benchmark.datasets import save

    evaluation = load_evaluation(evaluated, config.ngram)
    counts: Counter[str] = Counter()
    reasons: dict[str, Counter[str | None]] = defaultdict(Counter)
    reviews, answers, ratings = gather(sources, config, counts, reasons)
    for line in rejected({kind: found for kind, found in reasons.items() if not found[None]}):
        say(f"corpus: {line}")
    kept = keep(reviews, config, evaluation, counts)
    held_out = split(kept, reviews, config)
    rows: dict[str, list[tuple[str, ...]]] = {"train": [], "dev": []}
    sentences: dict[str, list[Any]] = {"train": [], "dev": []}
    for review in kept:
        side = "dev" if review in held_out else "train"
        rows[side] += mix(review, reviews[review], answers[review], ratings, config, evaluation, counts)
        sentences[side] += silver.label(review, reviews[review], answers[review].values(), counts)
    if not rows["train"]:
        raise UserError("nothing is left to train on: " + "; ".join(f"{n} {what}" for what, n in counts.items()))
    if len(kept) < FEW:
        say(f"corpus: {len(kept)} reviews are few; a student learns little from less than some hundreds")
    for line in monotone(rows["train"]):
        say(f"corpus: {line}")
    for side, part in rows.items():
        write_parquet(out / f"{side}.parquet", (dict(zip(COLUMNS, row, strict=True)) for row in part), COLUMNS)
    if sentences["train"]:
        for side, examples in sentences.items():
            save(out / "silver" / f"{side}.json", examples)
    else:
        say("corpus: no silver labels, for no valid answer of analysis or extraction names opinions of a sentence")
    figures = describe(rows, sentences, counts, evaluation, evaluated)
    write_text(out / "README.md", card(figures, config))
    return figures


def responses_file(folder: Path) -> Path:
    """The hand-off file of an elicitation's folder."""
    path = folder if folder.is_file() else folder / "responses.parquet"
    if not path.is_file():
        there = "has no responses.parquet; finish its `aspectra elicit` first" if folder.exists() else "does not exist"
        raise UserError(f"{folder} {there}")
    return path


def tell_open(folder: Path) -> None:
    """Say what the last run of an elicitation's folder has not got yet; a hand-off file alone does not know."""
    try:
        counts = status(folder)
    except AspectraError:  # no store, or one that cannot be read: the hand-off is what counts
        return
    if left := " and ".join(f"{counts[name]} answers are {name}" for name in ("pending", "failed") if counts[name]):
        say(f"corpus: in {folder} {left}, and are not in the corpus; the same `aspectra elicit` goes on with them")


def load_evaluation(paths: Iterable[Path], ngram: int) -> Evaluation:
    from aspectra.benchmark.datasets import load

    evaluation = Evaluation(ngram)
    for path in paths:
        evaluation.add(example.text for example in load(path))
    return evaluation


def gather(
    sources: Sequence[Path], config: CorpusConfig, counts: Counter[str], reasons: dict[str, Counter[str | None]]
) -> tuple[dict[str, str], dict[str, dict[str, Response]], dict[str, float]]:
    """Reviews by id, their accepted answers by kind, and their ratings.

    A review of a later folder is the same one where an earlier folder has its words (one may hold the analyses, the
    other the rewritings); else its id gets a prefix. `reasons` counts why answers were rejected.
    """
    reviews: dict[str, str] = {}
    answers: dict[str, dict[str, Response]] = defaultdict(dict)
    ratings: dict[str, float] = {}
    for number, source in enumerate(sources):
        prefix = f"{number}:" if number else ""
        before = {text: name for name, text in reviews.items()}
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
            if response.kind in answers[name]:
                counts["responses of a kind that the review already has"] += 1
                continue
            answers[name][response.kind] = response
        if "rating" in config.kinds:
            for review_id, rating in read_ratings(source.parent / "reviews.parquet"):
                if review_id in names:
                    ratings.setdefault(names[review_id], rating)
    return reviews, answers, ratings


def read_responses(path: Path) -> Iterator[Response]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = list(Response.__dataclass_fields__)
    try:
        file = pq.ParquetFile(path)
        missing = [name for name in names if name not in file.schema_arrow.names]
        if missing:
            raise UserError(f"{path} is not a response file: it lacks the columns {', '.join(missing)}")
        for batch in file.iter_batches(columns=names):
            for row in batch.to_pylist():
                yield Response(**row)
    except pa.ArrowInvalid:
        raise UserError(f"{path} is no Parquet file; name the folder that `aspectra elicit` made") from None
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path}: {error}") from error


def read_ratings(path: Path) -> Iterator[tuple[str, float]]:
    """Id and rating of the reviews that have one; none where there is no such file."""
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


def keep(reviews: dict[str, str], config: CorpusConfig, evaluation: Evaluation, counts: Counter[str]) -> list[str]:
    """Ids of the reviews that pass the filters, in their order."""
    seen = Seen(config.near_duplicates)
    kept = []
    with progress("corpus", len(reviews)) as bar:
        for name, text in reviews.items():
            bar.advance()
            if length(text) < config.min_words:
                counts[f"reviews under {config.min_words} words"] += 1
            elif evaluation.leaks(text):
                counts["reviews that overlap with an evaluation sentence"] += 1
            elif (like := seen.meet(text)) is not None:
                counts[f"reviews dropped as {like} duplicates"] += 1
            else:
                kept.append(name)
    counts["reviews kept"] = len(kept)
    return kept


def split(kept: Sequence[str], reviews: dict[str, str], config: CorpusConfig) -> set[str]:
    """The held-out reviews: those whose text hashes lowest with the seed, so that order and id do not matter."""

    def draw(name: str) -> bytes:
        return hashlib.sha256(f"{config.seed} {reviews[name]}".encode()).digest()

    number = max(1, round(config.dev_share * len(kept))) if len(kept) > 1 else 0
    return set(sorted(kept, key=draw)[:number])


def mix(
    name: str,
    text: str,
    answers: dict[str, Response],
    ratings: dict[str, float],
    config: CorpusConfig,
    evaluation: Evaluation,
    counts: Counter[str],
) -> Iterator[tuple[str, ...]]:
    """The training rows of one review: a row a kind."""
    for kind in config.kinds:
        if kind == "rating":
            if name in ratings:
                yield f"{name}#rating", name, kind, text, f"{ratings[name]:g}"
        elif kind in answers:
            answer = answers[kind].text or ""
            if evaluation.leaks(answer):
                counts["answers that overlap with an evaluation sentence"] += 1
            else:
                yield f"{name}#{kind}", name, kind, text, answer


def monotone(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A line for each kind of answer that is mostly one and the same: whatever the filters say, nothing is in it."""
    outputs: dict[str, Counter[str]] = defaultdict(Counter)
    for _, _, kind, _, output in rows:
        outputs[kind][output] += 1
    for kind, found in outputs.items():
        ((often, number),) = found.most_common(1)
        if kind != "rating" and number > max(2, found.total() / 2):
            yield (
                f"{kind}: {number} of {found.total()} answers are the same, {often[:80]!r}; "
                "`aspectra elicit --audit` shows them"
            )


def describe(
    rows: dict[str, list[tuple[str, ...]]],
    sentences: dict[str, list[Any]],
    counts: Counter[str],
    evaluation: Evaluation,
    evaluated: Sequence[Path],
) -> dict[str, Any]:
    """The figures of manifest and card."""
    return {
        "rows": {side: dict(sorted(Counter(row[2] for row in part).items())) for side, part in rows.items()},
        "words": {side: sum(len(row[4].split()) for row in part) for side, part in rows.items()},
        "counts": dict(counts),
        "silver": {
            side: {"sentences": len(part), "opinions": sum(len(example.opinions) for example in part)}
            for side, part in sentences.items()
        },
        "checked": {"files": [f"{p.parent.name}/{p.name}" for p in evaluated], "sentences": evaluation.sentences},
    }
