"""The questions of zero-shot and its measures: (sentence, subject) pairs with a gold polarity.

A judgment is one annotated opinion of a set, or the label of a whole text. Called by `aspectra.benchmark.zero_shot`.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.readers.reader import LABELS
from aspectra.reviews import TEXT, column_of
from aspectra.rows import Form, read_rows
from aspectra.schema import Example
from aspectra.score.significance import f1_interval
from aspectra.score.subsets import SUBSETS, belongs

SENTENCE = "sentence"  # in place of the task for whole texts
DRAWS = 2000  # of the bootstrap
LABEL = ("label", "polarity", "sentiment")


@dataclass(frozen=True, slots=True)
class Judgment:
    """`target` and `category` are the subject, as in the data; None if the task does not use them. If both are None,
    the whole text is judged. `subsets` are those of its sentence."""

    id: str
    text: str
    target: str | None
    category: str | None
    gold: str
    subsets: tuple[str, ...] = ("all",)


@dataclass(frozen=True, slots=True)
class Reading:
    """A system's answer to one judgment; `polarity` is None if an LLM gave no valid answer.

    For a student also the probabilities, after and before calibration.
    """

    polarity: str | None
    probabilities: dict[str, float] | None = None
    uncalibrated: dict[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A system's readings of every set, in the order of the judgments, and its cost."""

    system: str
    readings: list[list[Reading]]
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """The judgments of a set, and counts.

    `conflict`: opinions dropped because they are both; `contradictory`: judgments whose sentence has another polarity
    for the same subject, so that no single answer is right for all of them. `majority` is the most frequent polarity of
    the training side if the set has one (`majority_of`: "train"), else of the test side.
    """

    task: str
    data: str
    judgments: tuple[Judgment, ...]
    sentences: int
    conflict: int
    contradictory: int
    majority: str
    majority_of: str


def of_set(task: str, data: str, cap: int | None, seed: int) -> Asked:
    """The test side of a set; `cap` draws sentences by seed. Raises UserError if the set does not exist."""
    folder = datasets.find(task, data)
    examples = datasets.draw(datasets.split(folder, "test"), cap, seed)
    judgments, conflict = judged(task, examples)
    if not judgments:
        raise UserError(f"{task}/{folder.name}: no opinion of the test sentences is positive, negative or neutral")
    side = "train" if (folder / "train.json").is_file() else "test"
    learned = judged(task, datasets.split(folder, "train"))[0] if side == "train" else judgments
    if not learned:
        side, learned = "test", judgments
    contradictory = contradictions(judgments)
    counts = (len(examples), conflict, contradictory)
    return Asked(task, data, tuple(judgments), *counts, majority(learned), side)


def judged(task: str, examples: Iterable[Example]) -> tuple[list[Judgment], int]:
    """(judgments of the sentences, number of dropped conflicts): one for each opinion that the task distinguishes.

    Subsets are those of strict scoring.
    """
    rules = tasks.get(task)
    found, conflict = [], 0
    for example in examples:
        subsets = tuple(name for name in SUBSETS if belongs(example, task, name, "strict"))
        for opinion in rules.ordered(example.opinions):
            target, category = (getattr(opinion, name) if name in rules.by else None for name in ("target", "category"))
            if opinion.polarity in LABELS:
                found.append(Judgment(example.id, example.text, target, category, opinion.polarity, subsets))
            else:
                conflict += 1
    return found, conflict


def contradictions(judgments: Sequence[Judgment]) -> int:
    """The number of judgments that share sentence and subject with one of another polarity."""
    said: defaultdict[tuple[str, str | None, str | None], set[str]] = defaultdict(set)
    for each in judgments:
        said[each.text, each.target, each.category].add(each.gold)
    return sum(len(said[each.text, each.target, each.category]) > 1 for each in judgments)


def of_texts(
    path: Path,
    text_column: str | None,
    label_column: str | None,
    cap: int | None,
    seed: int,
    encoding: str | None = None,
) -> Asked:
    """The texts of a JSONL, CSV or Parquet file with their labels; `cap` draws rows by seed.

    Columns are found by name unless given. Raises UserError for a row without text or label, and for other labels than
    the three, listing them.
    """
    found: list[Judgment] = []
    others: Counter[str] = Counter()
    first: dict[str, str] = {}
    columns: tuple[str, str] | None = None
    for number, row in enumerate(read_rows(path, lambda names: names, Form(encoding)), 1):
        if row.fault:
            raise UserError(f"{path}, {row.place}: {row.detail}")
        if columns is None:
            names = tuple(row.values)
            columns = (
                column_of(path, names, "--text-column", text_column, TEXT),
                column_of(path, names, "--label-column", label_column, LABEL),
            )
        text, label = (row.values.get(name) for name in columns)
        if not isinstance(text, str) or not text.strip():
            raise UserError(f"{path}, {row.place}: no text in column '{columns[0]}'")
        name = str(label).strip().lower()
        if name not in LABELS:
            others[repr(label)] += 1
            first.setdefault(repr(label), row.place)
        found.append(Judgment(str(row.values.get("id") or f"row-{number}"), text, None, None, name))
        try:
            f"{found[-1].id}{text}".encode()
        except UnicodeEncodeError:
            raise UserError(f"{path}, {row.place}: it has half a character (a lone surrogate)") from None
    if not found:
        raise UserError(f"{path} has no texts")
    if others:
        listed = ", ".join(f"{label} ({count}, first in {first[label]})" for label, count in others.most_common(10))
        raise UserError(f"{path}: labels are positive, negative or neutral; column '{columns[1]}' has {listed}")  # type: ignore[index]
    if cap is not None and cap < len(found):
        found = [found[i] for i in sorted(random.Random(seed).sample(range(len(found)), cap))]
    return Asked(SENTENCE, str(path), tuple(found), len(found), 0, contradictions(found), majority(found), "test")


def majority(judgments: Sequence[Judgment]) -> str:
    """The most frequent polarity; of equal ones, the first of `LABELS`."""
    counts = Counter(each.gold for each in judgments)
    return max(LABELS, key=lambda name: counts[name])


def intervals(judgments: Sequence[Judgment], said: Sequence[str | None], seed: int) -> dict[str, Any]:
    """95 % intervals of the two figures of `measure`: {"accuracy": {"low", "high"}, "macro_f1": {"low", "high"}}.

    Sentences are resampled with all their judgments, as `significance` does for F1. Accuracy is the micro-F1 of one
    answer per judgment; macro-F1 is the mean over the gold's classes, computed like a mean over runs. A class that is
    absent from a draw counts 0 there. Both are None without judgments.
    """
    if not judgments:
        return {"accuracy": None, "macro_f1": None}
    sentences: defaultdict[str, list[tuple[str, str | None]]] = defaultdict(list)
    for each, answer in zip(judgments, said, strict=True):
        sentences[each.text].append((each.gold, answer))
    names = [label for label in LABELS if any(each.gold == label for each in judgments)]
    runs = {
        "accuracy": [[_counts(sum(g == s for g, s in pairs), len(pairs), len(pairs)) for pairs in sentences.values()]],
        "macro_f1": [
            [
                _counts(
                    sum(g == s == name for g, s in pairs),
                    sum(s == name for _, s in pairs),
                    sum(g == name for g, _ in pairs),
                )
                for pairs in sentences.values()
            ]
            for name in names
        ],
    }
    found = {figure: f1_interval(counts, DRAWS, seed) for figure, counts in runs.items()}
    return {figure: {"low": each.low, "high": each.high} for figure, each in found.items()}


def _counts(right: int, predicted: int, gold: int) -> tuple[int, int, int, int]:
    """A sentence in the form of `significance`: correct, predicted, found, gold."""
    return right, predicted, right, gold


def measure(gold: Sequence[str], said: Sequence[str | None]) -> dict[str, Any]:
    """Accuracy and macro-F1 of three classes: {"accuracy", "macro_f1", "items", "unanswered", "classes"}.

    `classes`: for each label {"gold", "predicted", "correct", "precision", "recall", "f1"}; fractions are 0 if their
    denominator is 0. An item without an answer (None) is wrong. macro_f1 is the mean F1 of the classes in the gold; a
    class without gold has no recall and is excluded. Without items, accuracy and macro_f1 are None.
    """
    pairs = list(zip(gold, said, strict=True))
    classes = {}
    for label in LABELS:
        wanted, predicted = sum(g == label for g in gold), sum(s == label for s in said)
        correct = sum(g == s == label for g, s in pairs)
        classes[label] = {
            "gold": wanted,
            "predicted": predicted,
            "correct": correct,
            "precision": correct / predicted if predicted else 0.0,
            "recall": correct / wanted if wanted else 0.0,
            "f1": 2 * correct / (wanted + predicted) if wanted + predicted else 0.0,
        }
    there = [each["f1"] for each in classes.values() if each["gold"]]
    return {
        "accuracy": sum(g == s for g, s in pairs) / len(pairs) if pairs else None,
        "macro_f1": sum(there) / len(there) if there else None,
        "items": len(pairs),
        "unanswered": sum(s is None for s in said),
        "classes": classes,
    }
