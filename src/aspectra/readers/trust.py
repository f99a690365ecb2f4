"""Calibrates an export's confidences on labeled sentences outside its training data. Called by exports.

The map is fitted on all of them. The figures come from maps fitted on other sentences than the scored one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.files import write_json
from aspectra.info import EXPORT, read_info
from aspectra.readers.calibration import KEY, Calibration, fit, held_out
from aspectra.readers.reader import Answer, opinions, predictions
from aspectra.schema import Example
from aspectra.score.reliability import reliability
from aspectra.score.scoring import score
from aspectra.weights import INFO

ENOUGH = 50  # with fewer opinions, nothing is fitted
THRESHOLDS = tuple(step / 10 for step in range(10))


def calibrate(
    examples: Sequence[Example], answers: Sequence[Answer], task: str, seed: int
) -> tuple[Calibration | None, dict[str, Any] | None]:
    """(the map, figures) from an export's answers to labeled sentences; None for both if it found too few opinions.

    An opinion is right if strict scoring finds it in the gold. Figures: `raw` and `calibrated` as in
    `score.reliability`, and `thresholds`: strict precision, recall and F1 of the opinions with at least that
    confidence.
    """
    marked = judged(examples, answers, task)
    if len(marked) < ENOUGH:
        return None, None
    numbers, raw, right = (list(column) for column in zip(*marked, strict=True))
    worth = held_out(raw, right, numbers, seed)
    left = iter(worth)
    moved = [replace(each, found=tuple(replace(o, confidence=next(left)) for o in each.found)) for each in answers]
    return fit(raw, right), {
        "sentences": len(examples),
        "raw": reliability(raw, right),
        "calibrated": reliability(worth, right),
        "thresholds": [at_least(examples, moved, task, least) for least in THRESHOLDS],
    }


def judged(examples: Sequence[Example], answers: Sequence[Answer], task: str) -> list[tuple[int, float, bool]]:
    """(index of the sentence, confidence, whether strict scoring finds it in the gold) of each opinion."""
    rules = tasks.get(task)
    marked = []
    for number, (example, answer) in enumerate(zip(examples, answers, strict=True)):
        wanted = rules.wanted(example)
        for found, said in zip(answer.found, opinions(answer, example.text, rules), strict=True):
            marked.append((number, found.confidence, (rules.subject(said), said.polarity) in wanted))
    return marked


def settle(
    folder: Path, examples: Sequence[Example], answers: Sequence[Answer], task: str, seed: int
) -> dict[str, Any] | None:
    """Calibrate the export in a folder and store the map in its `aspectra.json`; return the figures."""
    made, figures = calibrate(examples, answers, task, seed)
    if made is not None:
        info = read_info(folder)
        info[EXPORT][KEY] = made.written()
        write_json(folder / INFO, info)
    return figures


def at_least(examples: Sequence[Example], answers: Sequence[Answer], task: str, least: float) -> dict[str, float]:
    """Precision, recall and F1 of the opinions with at least that confidence."""
    kept = [Answer(None, tuple(o for o in each.found if o.confidence >= least)) for each in answers]
    ids, texts = [example.id for example in examples], [example.text for example in examples]
    found = score(examples, predictions(kept, texts, ids, tasks.get(task)), task)
    return {"confidence": least, "precision": found.precision, "recall": found.recall, "f1": found.f1}


def rows(figures: Mapping[str, Any]) -> list[str]:
    """The thresholds as a Markdown table."""
    return [
        "| confidence at least | precision | recall | F1 |",
        "|---:|---:|---:|---:|",
        *(
            f"| {row['confidence']:.1f} | {100 * row['precision']:.1f} | {100 * row['recall']:.1f} | "
            f"{100 * row['f1']:.1f} |"
            for row in figures["thresholds"]
        ),
    ]
