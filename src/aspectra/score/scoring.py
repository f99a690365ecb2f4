"""Micro precision, recall and F1 of predictions, in linear time, by the authors' rules or by strict ones.

Called by `aspectra score`, `aspectra.benchmark`, fine-tuning (best epoch) and export.

paper (the authors' evaluation/utils/{atsa,acsa}.py; they have none for TASD: see `tasks.tasd`). Gold of a sentence: for
ATSA every distinct (term, polarity, place) with a real target, for ACSA every distinct (category, polarity). Predicted:
the pieces between `;` that have exactly one `|`, one of the four polarities and, for ATSA, a term that is a substring
of the sentence; the rest is dropped. Precision is the share of predicted pieces, repeats counted, that are in the gold.
Recall is the share of gold entries, repeats counted, that are among the predicted. Each is 1 if its denominator is 0.

strict. Both sides are sets within a sentence. Each invalid piece is one wrong prediction, repeats included. Each
measure is 0 if its denominator is 0.

Details that the rules leave open:
- `none` and the empty answer predict nothing only as a whole answer; `none` next to other pieces is a wrong piece.
- A gold term is stripped and otherwise unchanged, in paper scoring too (there a term with `;` is never found).
- Places are the annotated ones. Aspects annotated at different offsets stay different even if the offsets are wrong,
  and if the sentence has the term less often or not at all.
- An opinion (without raw form) without a target is ignored for ATSA, one without a category for ACSA and TASD. An empty
  target (for TASD it is NULL) or category is invalid. Its category is normalized like the gold's; a raw one is compared
  as written.
- In paper scoring, predicted opinions are first written in the linear form, with repeats, and parsed like the authors'.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from typing import Any

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.schema import Example, Prediction
from aspectra.score.predictions import HASHED, digest_of
from aspectra.score.subsets import select
from aspectra.tasks import Parsed, Scoring

WIDTH = 60  # characters of a sentence in a message
# For one sentence: correct predictions, predictions, gold entries found, gold entries.
Counts = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Score:
    """Fractions, and the counts behind them.

    `correct` counts right predicted pieces, `found` gold entries that were predicted: the same number in strict
    scoring. `sentences` is the size of the subset.
    """

    precision: float
    recall: float
    f1: float
    gold: int
    predicted: int
    correct: int
    found: int
    sentences: int


def score(
    gold: Sequence[Example],
    predictions: Sequence[Prediction],
    task: str,
    scoring: str = "strict",
    subset: str = "all",
) -> Score:
    """Score predictions against the gold, matched by position. The module docstring has the rules.

    Raises UserError for an unknown task, scoring or subset, and if the sentences differ.
    """
    rules = tasks.get(task)
    predictions = align(gold, predictions)
    chosen = select(gold, task, subset, scoring)
    way: Scoring = "paper" if scoring == "paper" else "strict"
    correct = said = found = wanted = 0
    for example, prediction in zip(compress(gold, chosen), compress(predictions, chosen), strict=True):
        right, claims, met, entries = count(example, predicted(prediction, rules, way), rules, way)
        correct += right
        said += claims
        found += met
        wanted += entries
    return fractions((correct, said, found, wanted), way, sum(chosen))


def fractions(counts: Counts, scoring: Scoring, sentences: int) -> Score:
    """Micro precision, recall and F1 from summed counts. The scoring decides the value of 0/0."""
    correct, said, found, wanted = counts
    nothing = 1.0 if scoring == "paper" else 0.0
    precision = correct / said if said else nothing
    recall = found / wanted if wanted else nothing
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Score(precision, recall, f1, wanted, said, correct, found, sentences)


def score_rows(
    gold: Sequence[Example],
    predictions: Sequence[Prediction],
    task: str,
    subsets: Sequence[str],
    scorings: Sequence[str],
) -> list[dict[str, Any]]:
    """A row for each scoring and subset: `task`, `subset`, `scoring`, and the fields of `Score`."""
    return [
        {"task": task, "subset": subset, "scoring": way, **asdict(score(gold, predictions, task, way, subset))}
        for way in scorings
        for subset in subsets
    ]


def count(example: Example, said: Parsed, task: tasks.Task, scoring: Scoring) -> Counts:
    """The counts of one sentence."""
    pieces = set(said.pairs)
    if scoring == "strict":
        wanted = task.wanted(example)
        right = len(wanted & pieces)
        return right, len(pieces) + said.wrong, right, len(wanted)
    entries = task.entries(example)
    found = [pair for pair in entries if pair in pieces]
    good = set(found)
    right = len([pair for pair in said.pairs if pair in good])
    return right, len(said.pairs), len(found), len(entries)


def predicted(prediction: Prediction, task: tasks.Task, scoring: Scoring) -> Parsed:
    """The pairs of a prediction: from its raw form if there is one, else from its opinions."""
    if prediction.raw is not None:
        return task.parse(prediction.raw, prediction.text, scoring)
    return task.pairs(prediction.opinions, prediction.text, scoring)


def align(gold: Sequence[Example], predictions: Sequence[Prediction]) -> Sequence[Prediction]:
    """The predictions. Those with only a hash of their text get the gold's text.

    Raises UserError naming the first difference unless both sides are the same sentences in the same order.
    """
    for number, (example, prediction) in enumerate(zip(gold, predictions, strict=False), 1):
        digest = prediction.extra.get(HASHED) if not prediction.text else None
        if digest is not None and digest != digest_of(example.text):
            raise UserError(
                f"sentence {number} differs from the predicted one: {_short(example.text, 0)} has the digest "
                f"{digest_of(example.text)[:12]}..., the prediction {str(digest)[:12]}...; use the published set "
                "(`aspectra data fetch`): test.json, then hard_test.json if it has one"
            )
        if digest is None and example.text != prediction.text:
            start = next(
                (i for i, (a, b) in enumerate(zip(example.text, prediction.text, strict=False)) if a != b),
                min(len(example.text), len(prediction.text)),
            )
            at = next((n for n, each in enumerate(gold, 1) if each.text == prediction.text), None)
            order = f" (that is sentence {at} of the gold)" if at else ""
            counts = "" if len(gold) == len(predictions) else f" ({len(gold)} gold, {len(predictions)} predicted)"
            raise UserError(
                f"sentence {number} differs: gold {_short(example.text, start)}, predicted "
                f"{_short(prediction.text, start)}{order}; predictions are matched by position, one for each gold "
                f"sentence{counts}"
            )
    if len(gold) != len(predictions):
        shared = min(len(gold), len(predictions))
        where = f"the first unmatched is sentence {shared + 1}"
        text = (gold if len(gold) > shared else predictions)[shared].text
        shown = f", {_short(text, 0)}" if text else ""
        raise UserError(f"{len(gold)} gold sentences but {len(predictions)} predictions; {where}{shown}")
    if any(HASHED in prediction.extra for prediction in predictions):
        return [replace(p, text=e.text) for e, p in zip(gold, predictions, strict=True)]
    return predictions


def _short(text: str, start: int) -> str:
    """Part of a text around an offset."""
    begin = max(0, start - WIDTH // 2) if len(text) > WIDTH else 0
    end = begin + WIDTH
    return repr(("..." if begin else "") + text[begin:end] + ("..." if end < len(text) else ""))
