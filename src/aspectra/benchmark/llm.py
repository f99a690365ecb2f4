"""An LLM on the benchmark: its `extraction` answers to the test sentences, scored like a student's.

Called by `aspectra.pipeline` and by the benchmark's cells. The same engine, store and prompts as elicitation: an
answer is paid for once.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.benchmark import datasets
from aspectra.benchmark.predictions import write_predictions
from aspectra.benchmark.results import Cost
from aspectra.benchmark.scoring import score_rows
from aspectra.config import ElicitConfig, LLMSystem
from aspectra.elicit.engine import elicit, located
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
    examples = datasets.draw(datasets.split(datasets.find(settings.task, data), "test"), cap)
    predictions, _, _ = interview(settings, examples, out)
    write_predictions(out / "predictions.jsonl", predictions)
    return {
        "rows": score_rows(examples, predictions, settings.task, subsets, scoring),
        "parameters": None,
        "seconds_per_sentence": None,
        "answered": sum(prediction.extra["answered"] for prediction in predictions),
        "sentences": len(examples),
    }


def interview(
    settings: ElicitConfig, examples: Sequence[Example], out: Path
) -> tuple[list[Prediction], Cost, dict[str, Any]]:
    """Ask for the opinions of every sentence; the answers lie in `out`, and what is there is not asked again.

    Returns the predictions, their cost and the counts of `elicit`. A prediction without a valid answer has no opinions,
    and `extra["answered"]` says so; `extra["cut"]` tells of the length limit, `extra["answer"]` is what was said. The
    seconds are known only where every answer was had in this one go.
    """
    sentences, store = out / "sentences.jsonl", out / "elicit"
    write_jsonl(sentences, ({"id": str(i), "text": example.text} for i, example in enumerate(examples)))
    began, fresh = time.monotonic(), not store.exists()
    counts = elicit(sentences, settings, store, allow_failed=True)
    seconds = round(time.monotonic() - began, 3) if fresh and settings.teacher != "recorded" else None
    had = list(responses(store, last=True))
    answers = {answer.review_id: answer for answer in had}
    tokens = {side: counts[side] or sum(getattr(answer, side) or 0 for answer in had) for side in TOKENS}
    usd = counts["cost_usd"] if settings.teacher == "openai" else None
    if settings.teacher == "recorded" and settings.price_in is not None and settings.price_out is not None:
        usd = (tokens["tokens_in"] * settings.price_in + tokens["tokens_out"] * settings.price_out) / 1e6
    predictions = [predict(example, answers.get(str(i)), settings.task) for i, example in enumerate(examples)]
    cost = Cost(seconds=seconds, usd=usd, **{side: count or None for side, count in tokens.items()})
    return predictions, cost, counts


TOKENS = ("tokens_in", "tokens_out")


def predict(example: Example, answer: Response | None, task: str) -> Prediction:
    """What an answer says of a sentence; nothing where there is no valid answer."""
    from aspectra.elicit.extraction import extraction

    if answer is None or answer.text is None:
        return Prediction(example.id, example.text, extra={"answered": False})
    valid = answer.status == "done"
    opinions = extraction(answer.text, example.text, task) if valid else []
    said = {"answered": valid, "cut": answer.finish_reason == "length", "answer": answer.text}
    return Prediction(example.id, example.text, tuple(opinions), extra=said)


def shown(system: LLMSystem, task: str, train: Sequence[Example], seed: int | None, file: Path) -> ElicitConfig:
    """The settings of an LLM's cell: the task, its categories, and demonstrations written to `file`.

    Demonstrations are training sentences drawn by seed, the same for every LLM; or, with `nearest`, all of them, from
    which the engine shows the most like each sentence.
    """
    rules = tasks.get(task)
    categories = sorted({s for e in train for o in e.opinions if (s := rules.subject(o))}) if task == "acsa" else []
    change: dict[str, Any] = {"kinds": ("extraction",), "task": task}
    change |= {"categories": system.elicit.categories or tuple(categories)}
    if system.shots:
        pool = train if system.nearest else datasets.draw(train, system.shots, 42 if seed is None else seed)
        write_jsonl(file, (demonstration(example, task) for example in pool))
        change |= {"demonstrations": str(file), "nearest": system.shots if system.nearest else None}
    return located(system.elicit).model_copy(update=change)


def demonstration(example: Example, task: str) -> dict[str, str]:
    """A training sentence and the answer that the prompt asks for."""
    rules = tasks.get(task)
    name = "category" if task == "acsa" else "target"
    opinions = [{name: rules.subject(o), "polarity": o.polarity} for o in rules.ordered(example.opinions)]
    answer = json.dumps({"opinions": opinions}, ensure_ascii=False)
    return {"kind": "extraction", "review": example.text, "answer": answer}
