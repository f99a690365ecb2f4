"""Evaluates a student or an export on a test set: predictions and scores.

Called by `aspectra evaluate` and `aspectra.pipeline`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.errors import UserError, unknown
from aspectra.info import read_info, task_of
from aspectra.manifest import Stage
from aspectra.models import identity
from aspectra.progress import progress, say
from aspectra.readers.export import opened
from aspectra.readers.opening import other_engine, student_folder
from aspectra.readers.reader import predictions
from aspectra.schema import CUT, Example, Prediction
from aspectra.score.predictions import write_predictions
from aspectra.score.scoring import score_rows
from aspectra.score.subsets import SUBSETS, unmarked
from aspectra.students.taggers.tagger import FAMILY as TAGGER
from aspectra.students.taggers.units import names


def evaluate(
    model: Path | str,
    task: str | None,
    data: str,
    *,
    side: str = "test",
    subsets: Sequence[str] = ("all",),
    scoring: Sequence[str] = ("strict",),
    out: Path | None = None,
    cap: int | None = None,
    seed: int = 42,
    max_new_tokens: int = 100,
    batch_size: int = 32,
    device: str = "auto",
    threads: int | None = None,
    bf16: bool = False,
    engine: str | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Run a student or an export on a test set and score it: {"figures": {"rows", "parameters", ...}}.

    Each row is a subset and a scoring with the fields of `Score`. With `out` the predictions are written there and the
    whole manifest is returned; a finished evaluation is not repeated. `cap` draws test sentences by `seed`. `side` dev
    evaluates on the set's dev sentences instead of test, for choosing settings. `engine`: `transformers`, or `ct2`,
    which is the engine of exports (None for them) and makes a temporary export of a student.
    """
    other = other_engine(model, engine, device, bf16)
    for kind, given, known in (("subset", subsets, SUBSETS), ("scoring", scoring, tasks.SCORINGS)):
        for name in given:
            if name not in known:
                raise unknown(kind, name, known)
    name, folder = str(model), student_folder(model)
    info = read_info(folder)
    chosen = task_of(info, task, f"name the task to try: --task {tasks.CHOICE}")
    place = datasets.find(chosen, data)
    examples = datasets.draw(datasets.split(place, side), cap, seed)
    if "category" in tasks.get(chosen).by and info.get("family") == TAGGER:
        labels = info.get("labels") or {}  # a student without a task has none; its reader rejects it
        check_categories(name, names(labels.get("categories", ())), examples, data)
    for note in filter(None, (unmarked(examples, subset) for subset in subsets)):
        say(f"evaluate: {note}")
    stage = None
    if out is not None:
        inputs: dict[str, Path | str] = {"model": identity(name)}
        inputs |= {f"gold {path.name}": path for path in datasets.files(place, side)}
        settings = {
            "task": chosen,
            "data": data,
            "subsets": list(subsets),
            "scoring": list(scoring),
            "cap": cap,
            "seed": seed if cap else None,
            "max_new_tokens": max_new_tokens,
            "bf16": bf16,
        }
        settings |= {"engine": other} if other else {}
        settings |= {"side": side} if side != "test" else {}  # absent in earlier manifests
        stage = Stage("evaluate", out, inputs, settings, replace=replace)
        if (done := stage.finished()) is not None:
            say(f"evaluate: {out} is done already")
            return done
    texts, ids = [example.text for example in examples], [example.id for example in examples]
    limits: dict[str, Any] = {"max_new_tokens": max_new_tokens, "batch_size": batch_size}
    with ExitStack() as held:
        reader = held.enter_context(
            opened(model, chosen, texts, other, threads=threads, device=device, bf16=bf16, **limits)
        )
        if info.get("task") is None:
            say(
                f"evaluate: WARNING: {name} has not learned a task, so its answers mean little; see `aspectra finetune`"
            )
        if stage is not None:
            stage.begin()
        started = time.perf_counter()
        with progress("decode", len(set(texts))) as bar:
            answers = reader.read(texts, bar.advance)
        seconds = time.perf_counter() - started
    said = predictions(answers, texts, ids, reader.task)
    figures = summary(reader.parameters, examples, said, chosen, subsets, scoring, seconds) | {"data": data}
    if stage is None or out is None:
        return {"figures": figures}
    write_predictions(out / "predictions.jsonl", said)
    return stage.finish(figures)


def check_categories(model: str, known: Sequence[str], examples: Sequence[Example], data: str) -> None:
    """Raise UserError if the gold has categories, and a student limited to the `known` ones knows none of them."""
    wanted = names(opinion.category for example in examples for opinion in example.opinions)
    if wanted and known and not set(wanted) & set(known):
        raise UserError(
            f"{model} knows none of the categories of {data}, such as '{wanted[0]}', but '{known[0]}' and "
            "others; fine-tune it for these"
        )


def summary(
    parameters: int,
    examples: Sequence[Example],
    predictions: Sequence[Prediction],
    task: str,
    subsets: Sequence[str],
    scoring: Sequence[str],
    seconds: float,
) -> dict[str, Any]:
    """The figures of an evaluation."""
    return {
        "rows": score_rows(examples, predictions, task, subsets, scoring),
        "task": task,
        "parameters": parameters,
        "sentences": len(examples),
        "seconds_per_sentence": round(seconds / max(1, len(examples)), 4),
        "answers_cut": sum(CUT in prediction.extra for prediction in predictions),
    }
