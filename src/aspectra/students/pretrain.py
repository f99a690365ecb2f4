"""Multi-task pretraining: a student learns to write what the teacher wrote about each review.

`aspectra pretrain CORPUS --student NAME --out DIR`, or under `torchrun -m aspectra pretrain ...`. Called by
`aspectra.cli.pretrain` and `aspectra.pipeline`.
"""

from __future__ import annotations

import dataclasses
import math
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aspectra.config import PretrainConfig
from aspectra.errors import UserError, unknown
from aspectra.manifest import Stage
from aspectra.models import identity, need_train, resolve
from aspectra.progress import say

COLUMNS = ["review_id", "kind", "input", "output"]
LOOK = 10  # optimizer steps between two lines of metrics.jsonl


def pretrain(corpus: Path, student: str, config: PretrainConfig, out: Path, replace: bool = False) -> dict[str, Any]:
    """Pretrain a student on a corpus folder (`train.parquet`, `dev.parquet`) and return the manifest.

    `out` becomes a model folder. Done already, it is only returned; cut off, it goes on from its last checkpoint and
    ends with the same weights. Raises UserError where corpus, student, kinds, weights or `out` are not usable.
    """
    need_train("pretrain")
    inputs: dict[str, Path | str] = {"corpus": corpus, "student": identity(student)}
    tables = {side: read(corpus, side) for side in ("train", "dev")}
    # Only now, for these imports take seconds: a wrong name should be told at once.
    from aspectra.quiet import quiet
    from aspectra.students import session
    from aspectra.students.crew import Crew

    check_kinds(tables["train"], config)
    crew = Crew()
    arguments = session.prepare(
        config,
        out,
        num_train_epochs=config.epochs,
        max_steps=config.max_steps or -1,
        save_strategy="steps",
        save_steps=config.save_steps,
        save_total_limit=config.keep_checkpoints,
    )
    stage = Stage("pretrain", out, inputs, config.model_dump(mode="json"), replace=replace)
    if (done := crew.first(stage.finished)) is not None:
        if crew.leads:
            say(f"pretrain: {out} is done already")
        return done
    folder = crew.first(lambda: resolve(student))
    trained = session.open_student(folder, config, config.newline_token)
    going_on = crew.first(stage.begin)
    with stage.given_back(crew.leads), quiet(), session.room_for(out):
        figures = train(trained, student, tables, config, arguments, out, crew, going_on)
    return crew.first(lambda: stage.finish(figures))


def read(corpus: Path, side: str) -> Any:
    """One side of a corpus as an Arrow table; raises UserError where it is not one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = corpus / f"{side}.parquet"
    if not path.is_file():
        there = (
            f"has no {path.name}; is it a folder made by `aspectra corpus`?" if corpus.is_dir() else "does not exist"
        )
        raise UserError(f"the corpus {corpus} {there}")
    try:
        return pq.read_table(path, columns=COLUMNS)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"cannot read {path} (columns {', '.join(COLUMNS)}): {error}") from None


def check_kinds(table: Any, config: PretrainConfig) -> None:
    """Raise UserError for a kind that the corpus does not have, or a weight without a kind."""
    from aspectra.students.objective import weigh
    from aspectra.students.writers.denoise import KIND

    there = set(table["kind"].to_pylist())
    for kind in config.kinds:
        if kind == "rating" and kind not in there:
            raise UserError("the corpus has no ratings; make it with --kinds rating too, of reviews that have one")
        if kind != KIND and kind not in there:
            raise unknown("kind in this corpus", kind, there | {KIND})
    if KIND in config.kinds and not there & set(config.budget_kinds):
        raise unknown("kind in budget_kinds", config.budget_kinds[0] if config.budget_kinds else "", there)
    weigh(config.weights, config.kinds)


def encode(table: Any, config: PretrainConfig, encoder: Any, seed: int, tick: Callable[[int], None]) -> tuple[Any, int]:
    """(training rows of the configured kinds, rows of the teacher's whose number decides the steps)."""
    from aspectra.students.rows import Rows
    from aspectra.students.writers import denoise

    rows, budget = Rows(config.kinds), Rows(config.budget_kinds)
    # Measures the teacher's answers; what it cuts is cut in the teacher's run, not in this one.
    measure = dataclasses.replace(encoder)
    reviews: dict[str, str] = {}
    for batch in table.to_batches(max_chunksize=1024):
        for identifier, kind, text, answer in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            reviews.setdefault(identifier, text)
            if kind in config.kinds:
                rows.add(encoder.prompt(kind, text), encoder.answer(answer), kind)
            if denoise.KIND in config.kinds and kind in config.budget_kinds:
                budget.add([], measure.answer(answer), kind)
        tick(len(batch))
    number = len(rows)
    if denoise.KIND in config.kinds and len(budget):
        tokens = sum(budget.answer_tokens().values())
        denoise.build(list(reviews.values()), encoder, tokens, rows, seed)
        number = number or len(budget)
    return rows, number


def train(
    student: Any,
    name: str,
    tables: dict[str, Any],
    config: PretrainConfig,
    arguments: Any,
    out: Path,
    crew: Any,
    going_on: bool,
) -> dict[str, Any]:
    """Encode, train, measure and save; returns the manifest's figures."""
    from aspectra.students import session
    from aspectra.students.objective import StudentTrainer, held_out
    from aspectra.students.rows import Batches
    from aspectra.students.writers.card import card
    from aspectra.students.writers.family import save

    encoder = student.encoder(config.input_tokens, config.answer_tokens, config.marker)
    with crew.progress("pretrain: read the corpus", sum(len(table) for table in tables.values())) as bar:
        rows, number = encode(tables["train"], config, encoder, config.seed, bar.advance)
        cut = {"inputs": encoder.cut_inputs, "answers": encoder.cut_answers}
        dev, _ = encode(tables["dev"], config, encoder, config.seed, bar.advance)
    at_once = config.batch_size * crew.processes
    steps = max(1, math.ceil(number / (at_once * config.accumulation)))
    # A control with more and shorter rows takes as many steps, each in more batches, none of them larger.
    accumulation = max(config.accumulation, math.ceil(len(rows) / steps / at_once))
    batches = Batches(rows.lengths(), steps, accumulation, config.seed, crew.processes, crew.rank)
    arguments.gradient_accumulation_steps = batches.accumulation
    checkpoint = crew.first(lambda: session.last_checkpoint(out, crew.processes)) if going_on else None
    log = session.Metrics(out, crew.leads, session.step_of(checkpoint) if checkpoint else None)

    student.model.to(arguments.device)

    def look(tick: Callable[[int], None]) -> dict[str, float]:
        return held_out(student, dev, config.batch_size, config.bf16, crew, tick)

    if not log.lines:
        with crew.progress("pretrain: held-out loss before", len(dev) / crew.processes) as bar:
            log.add({"step": 0, "held_out": look(bar.advance)})
    trainer = StudentTrainer(student, rows, batches, config, arguments, config.weights)
    total = config.max_steps or math.ceil(config.epochs * batches.steps)
    with crew.progress("pretrain", total) as bar:
        trainer.add_callback(watch(trainer, config, log, look, bar, crew))
        bar.advance(session.step_of(checkpoint) if checkpoint else 0)
        session.run(trainer, checkpoint, total)
    before, after = log.lines[0]["held_out"], log.lines[-1]["held_out"]
    seconds = log.sum("seconds")
    figures = {
        "student": name,
        "family": student.family,
        "steps": trainer.state.global_step,
        "rows": len(rows),
        "answer_tokens": int(log.sum("answer_tokens")),
        "training_seconds": round(seconds, 1),
        "answer_tokens_per_second": round(log.sum("answer_tokens") / max(seconds, 1e-9), 1),
        "held_out": {kind: {"before": before[kind], "after": after[kind]} for kind in after},
        "cut": cut,
        "processes": crew.processes,
        "device": str(arguments.device),
    }
    taught = student.info.get("task") or student.info.get("provenance", {}).get("taught")  # a task, by labels
    session.close_student(student)
    figures["parameters"] = student.parameters
    info = {
        "task": None,
        "kinds": list(config.kinds),
        "marker": config.marker,
        "input_tokens": config.input_tokens,
        "labels": None,
        "provenance": {"student": name, "stage": "pretrain"} | ({"taught": taught} if taught else {}),
    }
    losses = {
        f"held-out loss, {k}": f"{v['before']:.3f} before, {v['after']:.3f} after"
        for k, v in figures["held_out"].items()
    }
    facts = {"from": name, "learned": ", ".join(config.kinds), "steps": figures["steps"]} | losses
    use = f"aspectra finetune --task atsa --data DIR --student {out.name} --out tuned"
    if crew.leads:
        marker = config.kinds[0] if config.marker else None
        save(
            student, out, info, card(f"{name}, pretrained on a teacher's analyses", student.family, marker, facts, use)
        )
        shutil.rmtree(out / session.CHECKPOINTS, ignore_errors=True)
    return figures


def watch(trainer: Any, config: PretrainConfig, log: Any, look: Any, bar: Any, crew: Any) -> Any:
    """A trainer callback that moves the bar and writes metrics: loss, rate and tokens, and held-out loss when due."""
    from transformers import TrainerCallback

    class Watch(TrainerCallback):
        saved = since = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.saved = self.since = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            step, last = state.global_step, state.global_step >= state.max_steps
            if last and step % config.save_steps:
                # The trainer would save once more at the end; the model itself is about to be written.
                control.should_save = False
            elif not control.should_save:
                control.should_save = crew.first(lambda: time.monotonic() - self.saved >= config.save_seconds)
            if control.should_save:
                self.saved = time.monotonic()
            due = last or (config.eval_steps and step % config.eval_steps == 0)
            if not (due or control.should_save or step % LOOK == 0):
                bar.advance()
                return
            losses, tokens = trainer.take(crew)
            now = time.monotonic()
            line: dict[str, Any] = {
                "step": step,
                "epoch": round(state.epoch or 0.0, 4),
                "loss": losses,
                "learning_rate": trainer._get_learning_rate(),
                "answer_tokens": tokens,
                "seconds": round(now - self.since, 3),
            }
            speed = tokens / max(now - self.since, 1e-9)
            if due:
                line["held_out"] = look(lambda _: bar.show())
            log.add(line)
            self.since = time.monotonic()
            shown = ", ".join(f"{kind} {loss:.3f}" for kind, loss in losses.items())
            bar.advance(1, f"loss: {shown}; {speed:.0f} answer tokens/s")

    return Watch()
