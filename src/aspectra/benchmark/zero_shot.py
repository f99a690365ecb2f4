"""Zero-shot polarity of a target, a category or a whole text, without labeled examples.

`aspectra zero-shot MODEL --data NAME|DIR`. A student answers by its probabilities, an LLM in words. Two baselines are
reported: the majority class, and another student with the same method. Called by `aspectra.cli.zero_shot`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aspectra.benchmark import judgments, polarity_llm, polarity_student
from aspectra.benchmark.judgments import DRAWS, SENTENCE, Asked, Judged, Reading, intervals, measure
from aspectra.config import ElicitConfig
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.info import is_export
from aspectra.manifest import Stage
from aspectra.models import identity
from aspectra.progress import say
from aspectra.readers.opening import untaught_folder
from aspectra.readers.reader import TARGET, best
from aspectra.score.subsets import SUBSETS
from aspectra.tables import write_jsonl

MAJORITY = "majority"


@dataclass(frozen=True)
class Texts:
    """A file of whole texts with labels; columns are found by name if they are None."""

    path: Path
    text_column: str | None = None
    label_column: str | None = None
    encoding: str | None = None


def zero_shot(
    model: str,
    data: Sequence[str] = (),
    *,
    texts: Texts | None = None,
    task: str | None = None,
    floor: str | None = None,
    llm: ElicitConfig | None = None,
    answers: Path | None = None,
    out: Path | None = None,
    cap: int | None = None,
    seed: int = 42,
    aspect: str = TARGET,
    batch_size: int = 8,
    device: str = "auto",
    threads: int | None = None,
) -> dict[str, Any]:
    """Judge the test side of each set and the texts, and measure: {"rows", "sets", "systems", "notes"}.

    A row is a system on a subset of a set: {"system", "task", "data", "subset", "accuracy", "macro_f1", "items",
    "unanswered", "classes", "intervals", "uncalibrated"}, see `judgments.measure` and `judgments.intervals` (which also
    use `seed`). `uncalibrated` has accuracy and macro_f1 before calibration. With `llm` the model is asked through
    elicitation, and `answers` is the folder of its store. With `out`, `predictions.jsonl` and a manifest are written
    there; a finished result is not computed again. Raises UserError for invalid or inconsistent input, before any model
    is loaded.
    """
    if not data and texts is None:
        raise UserError("no sentences: name a set with --data, or a file of labeled texts with --texts")
    students = [name for name in (None if llm else model, floor) if name]
    if not all(map(is_export, students)):
        need("train", "zero-shot with a student that is not exported")
    if llm is not None and answers is None:
        raise UserError("--llm needs --answers DIR: the folder that stores the answers, so that none is paid for twice")
    if llm is not None and answers is not None and answers.is_file():
        raise UserError(f"--answers {answers} is a file; name a folder")
    if strange := [each for each in re.findall(r"\{[^{}]*\}", aspect) if each != TARGET]:
        raise UserError(f"--aspect {aspect}: only {TARGET} is filled in, not {strange[0]}")
    wanted = list(dict.fromkeys(datasets.task_of(name, task) for name in data))
    asked = [judgments.of_set(its_task, name, cap, seed) for its_task, name in wanted]
    if texts is not None:
        columns = texts.text_column, texts.label_column
        asked.append(judgments.of_texts(texts.path, *columns, cap, seed, texts.encoding))
    folders = {name: untaught_folder(name) for name in students}
    stage = None
    if out is not None:
        inputs: dict[str, Path | str] = {name: identity(name) for name in folders}
        inputs |= {f"{t}/{name} {file.name}": file for t, name in wanted for file in files(t, name)}
        inputs |= {f"texts {texts.path}": texts.path} if texts else {}
        settings = {
            "model": model,
            "floor": floor,
            "llm": llm and llm.model_dump(mode="json"),
            "sets": [list(each) for each in wanted],
            "columns": [texts.text_column, texts.label_column] if texts else None,
            "cap": cap,
            "seed": seed,
            "draws": DRAWS,
            "aspect": aspect,
        }
        if texts is not None and texts.encoding is not None:
            settings["encoding"] = texts.encoding
        stage = Stage("zero-shot", out, inputs, settings)
        if (done := stage.finished()) is not None:
            say(f"zero-shot: {out} is done already")
            figures: dict[str, Any] = done["figures"]
            return figures
        stage.begin()
    systems = []
    with stage.given_back() if stage is not None else nullcontext():
        if llm is not None and answers is not None:
            systems.append(polarity_llm.judge(model, asked, llm, answers))
        for name, folder in folders.items():
            systems.append(polarity_student.judge(name, folder, asked, aspect, batch_size, device, threads))
    figures = summary(asked, systems, seed)
    if stage is None or out is None:
        return figures
    write_jsonl(out / "predictions.jsonl", lines(asked, systems))
    failed = [each for each in systems if each.figures.get("failed")]
    if failed:
        say(f"zero-shot: {out} is not finished: {failed[0].figures['failed']} answers failed")
        return figures
    return dict(stage.finish(figures)["figures"])


def files(task: str, data: str) -> list[Path]:
    """The files of a set that affect a result."""
    folder = datasets.find(task, data)
    train = folder / "train.json"
    return [*datasets.files(folder, "test"), *([train] if train.is_file() else [])]


def summary(asked: Sequence[Asked], systems: Sequence[Judged], seed: int) -> dict[str, Any]:
    """Rows, the questions, the systems' costs, and notes."""
    rows = []
    for number, each in enumerate(asked):
        for system in systems:
            rows += list(measured(each, system.system, system.readings[number], seed))
        rows += list(measured(each, MAJORITY, [Reading(each.majority)] * len(each.judgments), seed))
    sets = [
        {
            "task": each.task,
            "data": each.data,
            "sentences": each.sentences,
            "items": len(each.judgments),
            "conflict": each.conflict,
            "contradictory": each.contradictory,
            "majority": each.majority,
            "majority_of": each.majority_of,
        }
        for each in asked
    ]
    return {"rows": rows, "sets": sets, "systems": [each.figures for each in systems], "notes": list(notes(asked))}


def measured(asked: Asked, system: str, readings: Sequence[Reading], seed: int) -> Iterator[dict[str, Any]]:
    """One row per subset; whole texts have no subsets."""
    for subset in SUBSETS if asked.task != SENTENCE else SUBSETS[:1]:
        chosen = [i for i, judgment in enumerate(asked.judgments) if subset in judgment.subsets]
        items = [asked.judgments[i] for i in chosen]
        gold, said = [each.gold for each in items], [readings[i].polarity for i in chosen]
        whole = {"system": system, "task": asked.task, "data": asked.data, "subset": subset}
        before = [shares for i in chosen if (shares := readings[i].uncalibrated) is not None]
        plain = None
        if before:
            raw = measure(gold, list(map(best, before)))
            plain = {"accuracy": raw["accuracy"], "macro_f1": raw["macro_f1"]}
        more = {"intervals": intervals(items, said, seed), "uncalibrated": plain}
        yield whole | measure(gold, said) | more


def notes(asked: Sequence[Asked]) -> Iterator[str]:
    """Notes on the figures."""
    for each in asked:
        name = each.data if each.task == SENTENCE else f"{each.task} {each.data}"
        if each.conflict:
            yield f"{name}: {each.conflict} opinions with the label conflict are left out"
        if each.contradictory:
            yield (
                f"{name}: {each.contradictory} items have the same question as another item with another polarity; "
                "no system can get all of them right"
            )
        if each.majority_of == "test":
            yield f"{name}: no training sentences, so the majority class is that of the test sentences"


def lines(asked: Sequence[Asked], systems: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """predictions.jsonl: a line for each system and item; probabilities sum to one."""

    def rounded(shares: dict[str, float] | None) -> dict[str, float] | None:
        return shares and {label: round(share, 6) for label, share in shares.items()}

    for system in systems:
        for each, readings in zip(asked, system.readings, strict=True):
            for judgment, said in zip(each.judgments, readings, strict=True):
                yield {
                    "system": system.system,
                    "task": each.task,
                    "data": each.data,
                    "id": judgment.id,
                    "text": judgment.text,
                    "target": judgment.target,
                    "category": judgment.category,
                    "gold": judgment.gold,
                    "predicted": said.polarity,
                    "subsets": list(judgment.subsets),
                    "probabilities": rounded(said.probabilities),
                    "uncalibrated": rounded(said.uncalibrated),
                }
