"""Fine-tuning: a student learns a task's linear form from labeled sentences; the epoch with the best dev F1 is kept.

`aspectra finetune --task atsa --data NAME|DIR --student NAME|DIR --out DIR`, or under `torchrun -m aspectra ...`.
Called by `aspectra.cli.finetune` and `aspectra.pipeline`.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra import tasks
from aspectra.config import FinetuneConfig
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.extras import need
from aspectra.manifest import Stage
from aspectra.models import identity, resolve
from aspectra.progress import loading, say
from aspectra.schema import POLARITIES, Example
from aspectra.students.student import Lessons, Student

if TYPE_CHECKING:
    from aspectra.students.batches import Batches
    from aspectra.students.crew import Crew

FEW = 20  # with fewer dev sentences, one of them moves F1 by more than most epochs do


def finetune(
    student: str, config: FinetuneConfig, out: Path, replace: bool = False, loaded: Any = None
) -> dict[str, Any]:
    """Fine-tune a student (a name or a folder) and return the manifest; `out` becomes a model folder.

    `loaded` is the same student if it is already in memory; it is not changed. The seed draws `shots` and `dev_cap`. If
    `keep` is `last`, no dev label is read. A finished run is returned as it is. An interrupted run resumes from its
    last checkpoint and ends with the same weights.

    Raises UserError if student, task, data or `out` are not usable.
    """
    need("train", "finetune")
    if config.start_share and config.lora_rank:
        raise UserError("start_share averages all weights: leave out lora_rank")
    if not config.data:
        raise UserError("no data given; name a set or a folder with train.json and dev.json (--data)")
    folder = datasets.find(config.task, config.data)
    whole = datasets.split(folder, "train")
    for field in tasks.get(config.task).by:
        if not any(getattr(opinion, field) for example in whole for opinion in example.opinions):
            raise UserError(f"no opinion in {folder}/train.json has a {field}; {config.task} cannot be learned from it")
    train = datasets.draw(whole, config.shots, config.seed)
    judged = config.keep == "best"
    dev = datasets.draw(datasets.split(folder, "dev"), config.dev_cap, config.seed) if judged else []
    inputs: dict[str, Path | str] = {"student": identity(student)}
    inputs |= {f"{side}.json": datasets.files(folder, side)[0] for side in ("train", *(["dev"] if judged else []))}
    # Imported late because they take seconds: a wrong name should be reported at once.
    from aspectra.quiet import quiet
    from aspectra.students.crew import Crew

    crew = Crew()
    if crew.leads:
        loading(f"finetune: loading {student}")
    from aspectra.students import session

    arguments = session.prepare(config, out, num_train_epochs=config.epochs, save_strategy="no", save_total_limit=1)
    stage = Stage("finetune", out, inputs, config.dumped(), replace=replace)
    if (done := crew.first(stage.finished)) is not None:
        if crew.leads:
            say(f"finetune: {out} is done already")
        return done
    source = loaded or crew.first(lambda: resolve(student))
    trained = session.open_student(source, config)
    going_on = crew.first(stage.begin)
    if crew.leads and (config.shots or 0) > len(train):
        say(
            f"finetune: {config.shots} shots were asked for, but there are only {len(train)} training "
            "sentences; all are used"
        )
    if crew.leads and judged and len(dev) < FEW:
        say(f"finetune: WARNING: sentences in dev: {len(dev)}, too few to tell which epoch is best")
    with stage.given_back(crew.leads), quiet(), session.room_for(out):
        figures = tune(trained, student, train, dev, config, arguments, out, crew, going_on)
    return crew.first(lambda: stage.finish(figures))


def tune(
    student: Student,
    name: str,
    train: Sequence[Example],
    dev: Sequence[Example],
    config: FinetuneConfig,
    arguments: Any,
    out: Path,
    crew: Crew,
    going_on: bool,
) -> dict[str, Any]:
    """Encode, train, keep the best epoch and save; return the manifest's figures."""
    from aspectra.students import session
    from aspectra.students.looks import Epochs
    from aspectra.students.tuner import Tuner

    student.info = info_of(student, config, name, train)
    lessons = student.from_examples(train, config)
    batches = plan(lessons, config, crew)
    arguments.gradient_accumulation_steps = batches.accumulation
    checkpoint, log = session.resumed(out, crew, going_on)
    total = math.ceil(config.epochs * batches.steps)
    with crew.progress("finetune", total) as bar:
        trainer = Tuner(student, lessons, batches, config, arguments, dev, bar, crew)
        trainer.add_callback(Epochs(trainer, config, log, bar, crew))
        if checkpoint is not None:
            bar.advance(session.step_of(checkpoint))
            trainer.recall(checkpoint)
        session.run(trainer, checkpoint, total)
    trainer.restore()
    student.merge()
    figures = {
        "student": name,
        "family": student.family,
        "task": config.task,
        "parameters": student.parameters,
        "train_sentences": len(train),
        "dev_sentences": len(dev),
        "steps": trainer.state.global_step,
        "best_epoch": trainer.best["epoch"],
        "dev_f1": trainer.best["f1"],
        "dev": [line["dev"] | {"epoch": line["epoch"]} for line in log.lines if "dev" in line],
        "training_seconds": round(log.sum("seconds"), 1),
        "dev_seconds": round(log.sum("dev_seconds"), 1),
        "cut": lessons.cut,
        "processes": crew.processes,
        "device": str(arguments.device),
    }
    if crew.leads:
        save(student, name, config, figures, out)
        shutil.rmtree(out / session.CHECKPOINTS, ignore_errors=True)
    return figures


def plan(lessons: Lessons, config: FinetuneConfig, crew: Crew) -> Batches:
    """The rows of each step."""
    from aspectra.students.batches import Batches

    steps = math.ceil(len(lessons.rows) / (config.batch_size * config.accumulation * crew.processes))
    return Batches(lessons.rows.lengths(), steps, config.accumulation, config.seed, crew.processes, crew.rank)


def save(student: Student, name: str, config: FinetuneConfig, figures: dict[str, Any], out: Path) -> None:
    """Write the model folder."""
    facts = {"from": name, "task": config.task, "training sentences": figures["train_sentences"]}
    if figures["dev_f1"] is not None:
        dev = f"{100 * figures['dev_f1']:.2f} on {figures['dev_sentences']} sentences, epoch {figures['best_epoch']}"
        facts["dev F1 (strict, in percent)"] = dev
    use = f"aspectra evaluate {out.name} --task {config.task} --data NAME|DIR"
    marker = tasks.get(config.task).marker if config.marker else None
    student.save(out, student.info, student.card(f"{name}, fine-tuned for {config.task}", marker, facts, use))


def info_of(student: Student, config: FinetuneConfig, name: str, train: Sequence[Example]) -> dict[str, Any]:
    """The content of `aspectra.json`: how to prompt the student, its labels, its provenance."""
    named = "category" in tasks.get(config.task).by
    categories = sorted({o.category for example in train for o in example.opinions if o.category and named})
    return {
        "task": config.task,
        **student.asked_as(config),
        "labels": {"polarities": list(POLARITIES), "categories": categories},
        "provenance": {"student": name, "stage": "finetune", "data": config.data, "seed": config.seed},
    }
