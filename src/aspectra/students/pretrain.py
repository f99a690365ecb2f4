"""Multi-task pretraining: a student learns to write what the teacher wrote about each review.

`aspectra pretrain CORPUS --student NAME --out DIR`, or under `torchrun -m aspectra pretrain ...`. Called by
`aspectra.cli.pretrain` and `aspectra.pipeline`.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aspectra.config import PretrainConfig
from aspectra.extras import need
from aspectra.manifest import Stage
from aspectra.models import identity, resolve
from aspectra.progress import loading, say
from aspectra.students.corpus import Side, read
from aspectra.students.families import check_corpus
from aspectra.students.student import Lessons, Student

if TYPE_CHECKING:
    from aspectra.students.batches import Batches
    from aspectra.students.crew import Crew
    from aspectra.students.objective import Weights
    from aspectra.students.session import Metrics


def pretrain(corpus: Path, student: str, config: PretrainConfig, out: Path, replace: bool = False) -> dict[str, Any]:
    """Pretrain a student on a corpus folder (`train.parquet`, `dev.parquet`) and return the manifest.

    `out` becomes a model folder. A finished run is returned as it is. An interrupted run resumes from its last
    checkpoint and ends with the same weights. Raises UserError if corpus, student, kinds, weights or `out` are not
    usable.
    """
    need("train", "pretrain")
    inputs: dict[str, Path | str] = {"corpus": corpus, "student": identity(student)}
    sides = {side: read(corpus, side) for side in ("train", "dev")}
    # Imported late because they take seconds: a wrong name should be reported at once.
    from aspectra.quiet import quiet
    from aspectra.students.crew import Crew

    crew = Crew()
    if crew.leads:
        loading(f"pretrain: loading {student}")
    from aspectra.students import session

    arguments = session.prepare(
        config,
        out,
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        save_strategy="steps",
        save_steps=config.save_steps,
        save_total_limit=config.keep_checkpoints,
    )
    stage = Stage("pretrain", out, inputs, config.dumped(), replace=replace)
    if (done := crew.first(stage.finished)) is not None:
        if crew.leads:
            say(f"pretrain: {out} is done already")
        return done
    folder = crew.first(lambda: resolve(student))
    check_corpus(folder, sides["train"], config)
    trained = session.open_student(folder, config, config.newline_token)
    going_on = crew.first(stage.begin)
    with stage.given_back(crew.leads), quiet(), session.room_for(out):
        figures = train(trained, student, sides, config, arguments, out, crew, going_on)
    return crew.first(lambda: stage.finish(figures))


def train(
    student: Student,
    name: str,
    sides: dict[str, Side],
    config: PretrainConfig,
    arguments: Any,
    out: Path,
    crew: Crew,
    going_on: bool,
) -> dict[str, Any]:
    """Encode, train, measure and save; return the manifest's figures."""
    from aspectra.students import session
    from aspectra.students.looks import Steps
    from aspectra.students.objective import held_out
    from aspectra.students.trainer import StudentTrainer

    with crew.progress("pretrain: read the corpus", sum(len(side.table) for side in sides.values())) as bar:
        lessons = student.from_corpus(sides["train"], config, bar.advance)
        dev = student.from_corpus(sides["dev"], config, bar.advance).rows
    batches = plan(lessons, config, crew)
    arguments.gradient_accumulation_steps = batches.accumulation
    checkpoint, log = session.resumed(out, crew, going_on)
    student.model.to(arguments.device)

    def look(tick: Callable[[int], None]) -> dict[str, float]:
        return held_out(student, dev, config.batch_size, config.bf16, crew, tick)

    if not log.lines:
        with crew.progress("pretrain: held-out loss before", len(dev) / crew.processes) as bar:
            log.add({"step": 0, "held_out": look(bar.advance)})
    trainer = StudentTrainer(student, lessons.rows, batches, config, arguments, weights_of(lessons, config))
    total = config.max_steps or math.ceil(config.epochs * batches.steps)
    with crew.progress("pretrain", total) as bar:
        trainer.add_callback(Steps(trainer, config, log, look, bar, crew))
        bar.advance(session.step_of(checkpoint) if checkpoint else 0)
        session.run(trainer, checkpoint, total)
    student.merge()
    figures = measured(student, name, lessons, log) | {
        "steps": trainer.state.global_step,
        "processes": crew.processes,
        "device": str(arguments.device),
    }
    if crew.leads:
        student.settle(sides["dev"], config, crew.progress)
        save(student, name, config, figures, out)
        shutil.rmtree(out / session.CHECKPOINTS, ignore_errors=True)
    return figures


def weights_of(lessons: Lessons, config: PretrainConfig) -> Weights:
    """The w_k: from the settings, or else from the lessons."""
    return lessons.weights if config.weights == "proportional" else config.weights


def plan(lessons: Lessons, config: PretrainConfig, crew: Crew) -> Batches:
    """The rows of each step. A control with more, shorter rows takes as many steps as the teacher's rows would, each
    with more batches of at most the same size."""
    from aspectra.students.batches import Batches

    at_once = config.batch_size * crew.processes
    steps = max(1, math.ceil(lessons.number / (at_once * config.accumulation)))
    accumulation = max(config.accumulation, math.ceil(len(lessons.rows) / steps / at_once))
    return Batches(lessons.rows.lengths(), steps, accumulation, config.seed, crew.processes, crew.rank)


def measured(student: Student, name: str, lessons: Lessons, log: Metrics) -> dict[str, Any]:
    """The figures of a finished training, from the log."""
    before, after = log.lines[0]["held_out"], log.lines[-1]["held_out"]
    seconds, tokens = log.sum("seconds"), log.sum("answer_tokens")
    return {
        "student": name,
        "family": student.family,
        "parameters": student.parameters,
        "rows": len(lessons.rows),
        "counted": student.counted,
        "answer_tokens": int(tokens),
        "training_seconds": round(seconds, 1),
        "answer_tokens_per_second": round(tokens / max(seconds, 1e-9), 1),
        "held_out": {kind: {"before": before[kind], "after": after[kind]} for kind in after},
        "cut": lessons.cut,
    }


def save(student: Student, name: str, config: PretrainConfig, figures: dict[str, Any], out: Path) -> None:
    """Write the model folder."""
    taught = student.info.get("task") or student.info.get("provenance", {}).get("taught")  # a task, by labels
    info = {
        **student.learned(config),
        **student.asked_as(config),
        "provenance": {"student": name, "stage": "pretrain"} | ({"taught": taught} if taught else {}),
    }
    losses = {
        f"held-out loss, {kind}": f"{each['before']:.3f} before, {each['after']:.3f} after"
        for kind, each in figures["held_out"].items()
    }
    facts = {"from": name, "learned": ", ".join(config.kinds), "steps": figures["steps"]} | losses
    use = f"aspectra finetune --task atsa --data DIR --student {out.name} --out tuned"
    marker = config.kinds[0] if config.marker else None
    student.save(out, info, student.card(f"{name}, pretrained on a teacher's analyses", marker, facts, use))
