"""An LLM on the benchmark: its `extraction` answers to the test sentences, scored like a student's.

Called by `aspectra.pipeline`. The same engine, store and prompts as elicitation: an answer is paid for once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra.benchmark import datasets
from aspectra.benchmark.predictions import write_predictions
from aspectra.benchmark.scoring import score_rows
from aspectra.config import ElicitConfig
from aspectra.elicit.status import responses
from aspectra.schema import Example, Prediction, Response
from aspectra.tables import write_jsonl


def judge(
    settings: ElicitConfig,
    data: str,
    subsets: Sequence[str],
    scoring: Sequence[str],
    cap: int | None,
    out: Path,
) -> dict[str, Any]:
    """Score a teacher on a set; a sentence without a valid answer counts as one without predictions.

    Returns {"rows": scores, "parameters": None, "seconds_per_sentence": None, "answered", "sentences"}.
    """
    from aspectra.elicit.engine import elicit

    examples = datasets.draw(datasets.split(datasets.find(settings.task, data), "test"), cap)
    sentences = out / "sentences.jsonl"
    write_jsonl(sentences, ({"id": str(i), "text": example.text} for i, example in enumerate(examples)))
    elicit(sentences, settings, out / "elicit", allow_failed=True)
    answers = {answer.review_id: answer for answer in responses(out / "elicit", last=True) if answer.status == "done"}
    predictions = [predict(example, answers.get(str(i)), settings.task) for i, example in enumerate(examples)]
    write_predictions(out / "predictions.jsonl", predictions)
    return {
        "rows": score_rows(examples, predictions, settings.task, subsets, scoring),
        "parameters": None,
        "seconds_per_sentence": None,
        "answered": len(answers),
        "sentences": len(examples),
    }


def predict(example: Example, answer: Response | None, task: str) -> Prediction:
    """What an answer says of a sentence; nothing where there is no valid answer."""
    from aspectra.elicit.extraction import extraction

    opinions = extraction(answer.text or "", example.text, task) if answer is not None else []
    return Prediction(example.id, example.text, tuple(opinions))
