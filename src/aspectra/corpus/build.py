"""`corpus`: turns the responses of elicitations into training text, silver labels and a data card.

Called by `aspectra corpus` and by `aspectra.pipeline`. Reads `responses.parquet` (and `reviews.parquet` for ratings),
writes `train.parquet` and `dev.parquet` with rows (id, review_id, kind, input, output), `silver/`, and the card.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aspectra.config import CorpusConfig
from aspectra.corpus import silver
from aspectra.corpus.card import card
from aspectra.corpus.decontaminate import Evaluation, files
from aspectra.corpus.duplicates import Seen
from aspectra.corpus.soft import soften
from aspectra.corpus.sources import gather, handed_on, tell_open
from aspectra.corpus.words import length
from aspectra.data import soft
from aspectra.data.examples import load, save
from aspectra.elicit.handoff import REVIEWS
from aspectra.elicit.reasons import rejected
from aspectra.elicit.thinking import has_reasoning
from aspectra.errors import UserError
from aspectra.files import write_text
from aspectra.manifest import Stage
from aspectra.progress import progress, say
from aspectra.schema import Example, Response
from aspectra.tables import write_parquet

COLUMNS = ("id", "review_id", "kind", "input", "output")
WRITTEN = ("analysis", "rewriting")  # kinds that are text for a writer
FEW = 100  # reviews


def build(folders: Sequence[Path], config: CorpusConfig, out: Path, replace: bool = False) -> dict[str, Any]:
    """Make the corpus and return its manifest. A finished corpus is only returned.

    If the teacher was only asked for opinions, there are silver labels but no training text. Raises UserError if a
    folder has no responses, if the filters leave nothing, and if an evaluation file does not exist.
    """
    if len(set(config.kinds)) != len(config.kinds):
        raise UserError("--kinds names each kind once, for example --kinds analysis,rewriting")
    sources = [handed_on(folder) for folder in folders]
    evaluated = files(config.evaluation)
    inputs: dict[str, Path | str] = {f"responses {i}": path for i, path in enumerate(sources)}
    if "rating" in config.kinds:
        rated = [path.with_name(REVIEWS) for path in sources]
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
    """Write the corpus's files and return its figures."""
    evaluation = Evaluation(config.ngram)
    for path in evaluated:
        evaluation.add(example.text for example in load(path))
    counts: Counter[str] = Counter()
    reasons: dict[str, Counter[str | None]] = defaultdict(Counter)
    reviews, answers, ratings = gather(sources, config, counts, reasons)
    for line in rejected({kind: found for kind, found in reasons.items() if not found[None]}):
        say(f"corpus: {line}")
    kept = keep(reviews, config, evaluation, counts)
    held_out = split(kept, reviews, config)
    rows: dict[str, list[tuple[str, ...]]] = {"train": [], "dev": []}
    sentences: dict[str, list[Example]] = {"train": [], "dev": []}
    softs: dict[str, list[str]] = {"train": [], "dev": []}
    for review in kept:
        side = "dev" if review in held_out else "train"
        rows[side] += mix(review, reviews[review], answers[review], ratings, config, evaluation, counts)
        labeled = silver.label(review, reviews[review], answers[review].values(), counts)
        sentences[side] += labeled
        found = soften(reviews[review], labeled, answers[review].get("extraction"))
        softs[side] += [soft.line(name, each) for name, each in found.items()]
    if not rows["train"]:
        if not labels_alone(config.kinds, reasons, sentences["train"]):
            raise nothing(config.kinds, reasons, counts, sentences)
        say(
            f"corpus: {sum(map(len, sentences.values()))} sentences with silver labels, for a tagger; a writer would "
            "need analyses or rewritings"
        )
    if number := sum(map(len, softs.values())):
        counts["silver sentences with a teacher's probabilities"] = number
    if len(kept) < FEW:
        say(f"corpus: {len(kept)} reviews are few; a student needs at least some hundreds")
    for line in monotone(rows["train"]):
        say(f"corpus: {line}")
    for side, part in rows.items():
        write_parquet(out / f"{side}.parquet", (dict(zip(COLUMNS, row, strict=True)) for row in part), COLUMNS)
    if sentences["train"]:
        for side, examples in sentences.items():
            save(out / "silver" / f"{side}.json", examples)
            if number:
                soft.save(out / "silver" / f"{side}.soft.jsonl", softs[side])
    else:
        say("corpus: no silver labels, because no valid answer of analysis or extraction has opinions about a sentence")
    figures = describe(rows, sentences, counts, evaluation, evaluated)
    write_text(out / "README.md", card(figures, config))
    return figures


def labels_alone(kinds: Sequence[str], reasons: dict[str, Counter[str | None]], labeled: Sequence[Example]) -> bool:
    """Whether a corpus without training text is useful: no text was asked for, but opinions were found.

    The default `kinds`, all kinds of text, mean whatever exists; a single kind means that kind.
    """
    asked = any(kind in reasons for kind in WRITTEN)
    return set(WRITTEN) <= set(kinds) and not asked and any(example.opinions for example in labeled)


def nothing(
    kinds: Sequence[str],
    reasons: dict[str, Counter[str | None]],
    counts: Counter[str],
    sentences: dict[str, list[Example]],
) -> UserError:
    """The error for a corpus without rows."""
    dropped = "nothing is left to train on: " + "; ".join(f"{n} {what}" for what, n in counts.items())
    if not counts["reviews kept"]:
        return UserError(f"{dropped}; name other reviews")
    asked = [kind for kind in kinds if kind != "rating"]  # ratings do not come from a teacher
    if asked and reasons and not set(asked) & set(reasons):
        found = sum(bool(example.opinions) for part in sentences.values() for example in part)
        none = ""
        why = f"{' and '.join(asked)} were not asked for, only {' and '.join(sorted(reasons))}"
        if set(WRITTEN) <= set(kinds):  # then labels would do
            if found:
                return UserError(
                    f"nothing to train on: every sentence with an opinion ({found}) is in dev, none in train; ask "
                    "about more reviews, or set another --seed"
                )
            none = "; no answer has an opinion with a place in a sentence, so there are no silver labels either"
        return UserError(
            f"nothing to train on: {why}; `aspectra elicit --kinds "
            f"{','.join([*asked, *sorted(reasons)])}` with the same --out also asks for them{none}"
        )
    return UserError(dropped)


def keep(reviews: dict[str, str], config: CorpusConfig, evaluation: Evaluation, counts: Counter[str]) -> list[str]:
    """Ids of the reviews that pass the filters, in order."""
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
    """The held-out reviews: those with the lowest hash of seed and text, so order and ids do not matter."""

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
    """The training rows of one review, one for each kind."""
    for kind in config.kinds:
        if kind == "rating":
            if name in ratings:
                yield f"{name}#rating", name, kind, text, f"{ratings[name]:g}"
        elif kind in answers:
            answer = answers[kind].text or ""
            if evaluation.leaks(answer):
                counts["answers that overlap with an evaluation sentence"] += 1
            elif has_reasoning(answer, text):
                counts["answers with reasoning left in them"] += 1
            else:
                yield f"{name}#{kind}", name, kind, text, answer


def monotone(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """A line for each kind whose answers are mostly identical, and so useless."""
    outputs: dict[str, Counter[str]] = defaultdict(Counter)
    for _, _, kind, _, output in rows:
        outputs[kind][output] += 1
    for kind, found in outputs.items():
        ((often, number),) = found.most_common(1)
        if kind != "rating" and number > max(2, found.total() / 2):
            yield (
                f"{kind}: {number} of {found.total()} answers are the same, {often[:80]!r}; look at them with "
                "`aspectra elicit --audit`"
            )


def describe(
    rows: dict[str, list[tuple[str, ...]]],
    sentences: dict[str, list[Example]],
    counts: Counter[str],
    evaluation: Evaluation,
    evaluated: Sequence[Path],
) -> dict[str, Any]:
    """The figures for manifest and card."""
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
