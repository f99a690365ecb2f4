"""The work of one cell: get predictions (from a student, an LLM or a file), score them, and write `result.json`.

Called in a worker process by `workers`. A cell's folder is a stage: skipped if finished, resumed if interrupted. A
student is fine-tuned in the hidden folder `.model`, which is renamed or removed after the stage. So its weights are not
an output of the stage, and training is not lost before the result is written.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from aspectra import manifest
from aspectra.benchmark import grid, llm, pretraining
from aspectra.benchmark.record import Outcome, judge, of_given
from aspectra.config import ElicitConfig
from aspectra.data import datasets
from aspectra.elicit import reasons
from aspectra.errors import AspectraError, UserError
from aspectra.files import canonical, write_json
from aspectra.manifest import Stage
from aspectra.models import resolve
from aspectra.progress import dollars, progress, say
from aspectra.readers.opening import open_reader
from aspectra.readers.reader import predictions
from aspectra.schema import Example
from aspectra.score import metrics
from aspectra.score.doubts import doubts
from aspectra.score.predictions import read_predictions, write_predictions
from aspectra.score.results import ITEMS, RESULT, Cost, Result
from aspectra.score.scoring import align
from aspectra.systems import BenchmarkConfig, FileSystem, LLMSystem, StudentSystem
from aspectra.teachers.make import make_teacher
from aspectra.teachers.teacher import Teacher

MODEL = "model"
TUNED = ".model"
KEPT = "keep_models"  # in a cell's manifest
UNTUNED: dict[str, Any] = {"training_seconds": 0.0, "dev_f1": None}  # for a student without fine-tuning


class Held:
    """The student or local LLM in a worker's memory: loaded from disk once for all its cells."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.student: Any = None
        self.teacher: Teacher | None = None

    def get(self, name: str) -> Any:
        """The student as published or pretrained; training uses a copy."""
        if self.name != name:
            from aspectra.students.families import load

            self.close()  # free the memory before the next one is loaded
            self.student = load(resolve(name))
            self.name = name
        return self.student

    def ready(self, settings: ElicitConfig) -> Teacher | None:
        """The LLM with its weights; None for a teacher without local weights, which is made again for each cell."""
        if settings.teacher not in ("local", "transformers"):
            return None
        name = canonical(settings.model_dump(mode="json"))
        if self.name != name:
            self.close()
            made: Any = make_teacher(settings)
            made.load()  # now, so that loading does not count as time of the first cell
            self.teacher, self.name = made, name
        return self.teacher

    def close(self) -> None:
        """Free what is held."""
        if self.teacher is not None:
            asyncio.run(self.teacher.close())
        self.name = self.student = self.teacher = None


def work(config: BenchmarkConfig, cell: grid.Cell, out: Path, held: Held, threads: int) -> Result:
    """Do one cell, or find it finished, and return its record. Raises UserError for invalid input.

    `threads` are a student's, unless its settings have their own.
    """
    folder = out / "cells" / cell.id
    stage = stage_of(config, cell, folder)
    if stage.finished() is not None:
        return read(folder)
    stage.begin()
    sentences = grid.gold(config, cell.task, cell.data)
    system = config.systems[cell.system]
    if isinstance(system, StudentSystem):
        outcome = tune(config, system, cell, sentences, out, held, threads)
    elif isinstance(system, LLMSystem):
        outcome = ask(system, cell, sentences, folder, out, held)
    else:
        outcome = take(system, cell, sentences, config.test_cap)
    result = judge(cell, sentences, outcome, stage)
    write_predictions(
        folder / ITEMS,
        (
            replace(prediction, extra=prediction.extra | item)
            for prediction, item in zip(
                outcome.predictions, metrics.items(sentences, outcome.predictions, cell.task), strict=True
            )
        ),
    )
    write_json(folder / RESULT, result.model_dump(mode="json"))
    f1 = next(s.f1 for s in result.scores if (s.scoring, s.subset) == ("strict", "all"))
    stage.finish({"f1": f1, "threads": result.threads, KEPT: config.keep_models})
    settle(folder)
    return result


def settle(folder: Path) -> None:
    """Rename or remove a finished cell's weights, as its run wanted.

    It is safe to repeat after a kill. Weights that are already renamed stay, whatever a later run wants.
    """
    tuned, model = folder / TUNED, folder / MODEL
    if not tuned.exists():
        return
    done = manifest.read(folder) or {}
    if done.get("figures", {}).get(KEPT, True):
        shutil.rmtree(model, ignore_errors=True)
        tuned.rename(model)
    else:
        shutil.rmtree(tuned, ignore_errors=True)


def spare(config: BenchmarkConfig, cells: Sequence[grid.Cell], failures: Collection[str], out: Path) -> None:
    """Remove pretrained students whose cells are all finished, if the run keeps no weights."""
    wanted: dict[Path, bool] = {}
    for cell in cells:
        system = config.systems[cell.system]
        if isinstance(system, StudentSystem) and system.pretrain:
            place = pretraining.folder(out, cell.system, cell.seed)
            done = manifest.read(out / "cells" / cell.id) or {}
            keep = cell.id in failures or done.get("figures", {}).get(KEPT, True)
            wanted[place] = keep or wanted.get(place, False)
    for place, keep in wanted.items():
        if not keep:
            shutil.rmtree(place, ignore_errors=True)


def stage_of(config: BenchmarkConfig, cell: grid.Cell, folder: Path) -> Stage:
    """The stage of a cell's folder."""
    system = config.systems[cell.system]
    settings: dict[str, Any] = {"cell": cell.id, "test_cap": config.test_cap}
    settings |= {"side": config.side} if config.side != "test" else {}
    settings |= {"given": True} if config.given and isinstance(system, StudentSystem) else {}
    if isinstance(system, LLMSystem):
        settings["asked"] = llm.asked(system) | system.elicit.model_dump(mode="json", include=llm.JUDGED)
    elif isinstance(system, StudentSystem) and cell.shots != 0:
        settings["finetune"] = grid.tuning(config, system, cell).dumped(exclude={"threads"})
        if system.pretrain:
            settings["pretrain"] = pretraining.shared(system)
    return Stage("cell", folder, grid.inputs(config, cell), settings, replace=True)


def read(folder: Path) -> Result:
    """The record of a finished cell."""
    return Result.model_validate_json((folder / RESULT).read_text(encoding="utf-8"))


def tune(
    config: BenchmarkConfig,
    system: StudentSystem,
    cell: grid.Cell,
    sentences: Sequence[Example],
    out: Path,
    held: Held,
    threads: int,
) -> Outcome:
    """Fine-tune a student, after its own pretraining if it has one, and predict the sentences."""
    from aspectra import machine
    from aspectra.students.finetune import finetune

    start = pretraining.start(system, cell.system, cell.seed, out, threads)
    settings = grid.tuning(config, system, cell)
    threads = settings.threads or threads
    # Set here, not in the settings of fine-tuning, where it would change the key: --workers may change between runs.
    settings = settings.model_copy(update={"threads": None})
    machine.use_threads(threads)
    if cell.shots == 0:
        model, trained = resolve(start.student), UNTUNED
    else:
        model = out / "cells" / cell.id / TUNED
        trained = finetune(start.student, settings, model, replace=True, loaded=held.get(start.student))["figures"]
    texts, ids = [example.text for example in sentences], [example.id for example in sentences]
    reader = open_reader(
        model,
        threads=threads,
        device=settings.device,
        batch_size=settings.eval_batch_size,
        max_new_tokens=settings.max_new_tokens,
    )
    began = time.monotonic()
    with progress("decode", len(set(texts))) as bar:
        answers = reader.read(texts, bar.advance)
    cost = Cost(
        seconds=round(time.monotonic() - began, 3),
        training_seconds=trained["training_seconds"],
        pretraining_seconds=start.seconds,
        parameters=reader.parameters,
    )
    kept = settings.dumped(exclude={"threads"})
    kept |= {"student": system.student, "dev_f1": trained["dev_f1"]}
    kept |= {"pretrain": pretraining.shared(system)} if system.pretrain else {}
    given = of_given(reader, sentences, cell.task) if config.given else None
    return Outcome("student", predictions(answers, texts, ids, reader.task), cost, kept, threads, given=given)


def ask(
    system: LLMSystem, cell: grid.Cell, sentences: Sequence[Example], folder: Path, out: Path, held: Held
) -> Outcome:
    """Ask an LLM about the test sentences. Paid answers are stored outside the cell, which may be repeated."""
    needed = llm.needs_train(system, cell.task)
    train = datasets.split(datasets.find(cell.task, cell.data), "train") if needed else []
    settings = llm.shown(system, cell.task, train, cell.seed, folder / "demonstrations.jsonl")
    home = llm.home(out, system)
    said, cost, counts = llm.interview(settings, sentences, home, held.ready(system.elicit))
    if lost := counts["failed"] + counts["pending"]:
        why = ""
        if counts["pending"] and settings.max_cost is not None:
            why = f" (max_cost, ${dollars(settings.max_cost)} for all runs of the system, is spent)"
        if counts["failed"]:
            why += f" (most often: {reasons.failed(home / 'elicit')})"
        raise AspectraError(f"{lost} answers are pending{why}; the others are stored in answers/{home.name}")
    kept = llm.asked(system) | settings.model_dump(mode="json", include={*llm.JUDGED, "concurrency", "task"})
    kept |= settings.model_dump(mode="json", include={"model", "categories", "demonstrations"})
    found = llm.lacking(settings, sentences, said, counts["absent"])
    for doubt in found:
        say(doubt)
    return Outcome("llm", said, cost, kept, doubts=found)


def take(system: FileSystem, cell: grid.Cell, sentences: Sequence[Example], cap: int | None) -> Outcome:
    """Read another system's predictions: for all test sentences, or for the drawn ones."""
    path = grid.predictions_of(system, cell)
    said = read_predictions(path)
    if len(said) > len(sentences):
        said = datasets.draw(said, cap)
    try:
        said = list(align(sentences, said))
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    found = doubts(said, cell.task)
    for doubt in found:
        say(f"{path}: {doubt}")
    return Outcome("file", said, Cost(), {"predictions": str(path)}, doubts=found, stated=system.learned)
