"""A cell's record: a system's predictions, scored in every way that the protocol has.

Called by `aspectra.benchmark.cells`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.benchmark import judgments
from aspectra.benchmark.grid import Cell
from aspectra.circumstances import circumstances
from aspectra.errors import UserError
from aspectra.files import canonical
from aspectra.manifest import Stage
from aspectra.readers.reader import Question, Reader, best
from aspectra.schema import Example, Prediction
from aspectra.score import metrics
from aspectra.score.overlap import overlapping
from aspectra.score.results import Cost, Given, Result


@dataclass
class Outcome:
    """A system's predictions for the sentences, and their cost."""

    kind: Any
    predictions: list[Prediction]
    cost: Cost
    settings: dict[str, Any]
    threads: int | None = None
    doubts: Sequence[str] = ()
    given: Given | None = None
    stated: bool = False


def judge(cell: Cell, sentences: Sequence[Example], outcome: Outcome, stage: Stage) -> Result:
    """Score a system's predictions in every way that the protocol has."""
    said = outcome.predictions
    return Result(
        system=cell.system,
        kind=outcome.kind,
        task=cell.task,
        data=Path(cell.data).name,
        seed=cell.seed,
        shots=cell.shots,
        stated=outcome.stated,
        sentences=len(sentences),
        gold_sha256=fingerprint(sentences),
        scores=metrics.scores(sentences, said, cell.task),
        polarities=metrics.polarities(sentences, said, cell.task),
        categories=metrics.categories(sentences, said, cell.task),
        subjects=metrics.subjects(sentences, said, cell.task),
        polarity=metrics.polarity(sentences, said, cell.task),
        faults=metrics.faults(sentences, said, cell.task),
        overlap=overlapping(sentences, said, cell.task),
        given=outcome.given,
        cost=outcome.cost,
        settings=outcome.settings,
        inputs=stage.hashes(),
        threads=outcome.threads,
        doubts=list(outcome.doubts),
        **{key: value for key, value in circumstances(stage.started).items() if key != "seconds"},
    )


def fingerprint(sentences: Sequence[Example]) -> str:
    """Digest of sentences and gold: only cells with the same one are compared."""
    gold = [[e.text, [[o.target, o.category, o.polarity, o.start, o.end] for o in e.opinions]] for e in sentences]
    return hashlib.sha256(canonical(gold).encode("utf-8", "replace")).hexdigest()


def of_given(reader: Reader, sentences: Sequence[Example], task: str) -> Given | None:
    """A student's polarities for the gold's own subjects; None if none of them is positive, negative or neutral."""
    asked, _ = judgments.judged(task, sentences)
    if not asked:
        return None
    said = reader.judge([Question(each.text, each.target, each.category) for each in asked])
    chosen = [None if isinstance(each, UserError) else best(each.probabilities) for each in said]
    gold = [each.gold for each in asked]
    found = judgments.measure(gold, chosen)
    right = sum(each["correct"] for each in found["classes"].values())
    return Given(accuracy=found["accuracy"], macro_f1=found["macro_f1"], items=len(asked), right=right)
