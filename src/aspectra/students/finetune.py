"""Fine-tuning: a student learns a task's linear form from labeled sentences; the epoch with the best dev F1 is kept.

`aspectra finetune --task atsa --data NAME|DIR --student NAME|DIR --out DIR`, or under `torchrun -m aspectra ...`.
Called by `aspectra.cli.finetune` and `aspectra.pipeline`.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.config import FinetuneConfig
from aspectra.data import datasets
from aspectra.errors import UserError
from aspectra.files import write_json
from aspectra.manifest import Stage
from aspectra.models import identity, need_train, resolve
from aspectra.progress import say
from aspectra.schema import POLARITIES, Example
from aspectra.score.scoring import score

FEW = 20  # dev sentences below which one of them moves F1 by more than most epochs do
BEST = "best.safetensors"
JUDGED = "judged.json"


def finetune(
    student: str, config: FinetuneConfig, out: Path, replace: bool = False, loaded: Any = None
) -> dict[str, Any]:
    """Fine-tune a student (a name or a folder) and return the manifest; `out` becomes a model folder.

    `loaded` is the same student where it is in memory already; it stays as it is. `shots` and `dev_cap` are drawn by
    the seed. Done already, it is only returned; cut off, it goes on from its last
    checkpoint and ends with the same weights. Raises UserError where student, task, data or `out` are not usable.
    """
    need_train("finetune")
    if not config.data:
        raise UserError("no data given; name a set or a folder with train.json and dev.json (--data)")
    folder = datasets.find(config.task, config.data)
    whole = datasets.split(folder, "train")
    for field in tasks.get(config.task).by:
        if not any(getattr(opinion, field) for example in whole for opinion in example.opinions):
            raise UserError(f"no opinion in {folder}/train.json has a {field}; {config.task} cannot be learned from it")
    train = datasets.draw(whole, config.shots, config.seed)
    dev = datasets.draw(datasets.split(folder, "dev"), config.dev_cap, config.seed)
    if not train or not dev:
        raise UserError(f"the set {folder} has no sentences in {'dev' if train else 'train'}.json")
    inputs: dict[str, Path | str] = {"student": identity(student)}
    inputs |= {f"{side}.json": datasets.files(folder, side)[0] for side in ("train", "dev")}
    # Only now, for these imports take seconds: a wrong name should be told at once.
    from aspectra.quiet import quiet
    from aspectra.students import session
    from aspectra.students.crew import Crew

    crew = Crew()
    arguments = session.prepare(config, out, num_train_epochs=config.epochs, save_strategy="no", save_total_limit=1)
    stage = Stage("finetune", out, inputs, config.model_dump(mode="json"), replace=replace)
    if (done := crew.first(stage.finished)) is not None:
        if crew.leads:
            say(f"finetune: {out} is done already")
        return done
    source = loaded or crew.first(lambda: resolve(student))
    trained = session.open_student(source, config)
    going_on = crew.first(stage.begin)
    if crew.leads and (config.shots or 0) > len(train):
        say(f"finetune: {config.shots} shots were asked for; there are {len(train)} training sentences, all are taken")
    if crew.leads and len(dev) < FEW:
        say(f"finetune: WARNING: sentences in dev: {len(dev)}, too few for their F1 to tell which epoch is best")
    with stage.given_back(crew.leads), quiet(), session.room_for(out):
        figures = tune(trained, student, train, dev, config, arguments, out, crew, going_on)
    return crew.first(lambda: stage.finish(figures))


def tune(
    student: Any,
    name: str,
    train: Sequence[Example],
    dev: Sequence[Example],
    config: FinetuneConfig,
    arguments: Any,
    out: Path,
    crew: Any,
    going_on: bool,
) -> dict[str, Any]:
    """Encode, train, keep the best epoch and save; returns the manifest's figures."""
    from aspectra.students import session
    from aspectra.students.rows import Batches, Rows
    from aspectra.students.writers.card import card
    from aspectra.students.writers.family import save

    task = tasks.get(config.task)
    encoder = student.encoder(config.input_tokens, config.answer_tokens, config.marker)
    rows = Rows([config.task])
    for example in train:
        answer = task.encode(example.opinions, empty=config.empty_answer)
        rows.add(encoder.prompt(task.marker, example.text), encoder.answer(answer), config.task)
    student.info = info_of(config, name, train)
    at_once = config.batch_size * config.accumulation * crew.processes
    batches = Batches(
        rows.lengths(), math.ceil(len(rows) / at_once), config.accumulation, config.seed, crew.processes, crew.rank
    )
    arguments.gradient_accumulation_steps = batches.accumulation
    checkpoint = crew.first(lambda: session.last_checkpoint(out, crew.processes)) if going_on else None
    log = session.Metrics(out, crew.leads, session.step_of(checkpoint) if checkpoint else None)
    total = math.ceil(config.epochs * batches.steps)
    with crew.progress("finetune", total) as bar:
        trainer = tuner(student, rows, batches, config, arguments, dev, log, bar, crew)
        if checkpoint is not None:
            bar.advance(session.step_of(checkpoint))
            trainer.recall(checkpoint)
        session.run(trainer, checkpoint, total)
    trainer.restore()
    session.close_student(student)
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
        "cut": {"inputs": encoder.cut_inputs, "answers": encoder.cut_answers},
        "processes": crew.processes,
        "device": str(arguments.device),
    }
    facts = {
        "from": name,
        "task": config.task,
        "training sentences": len(train),
        "dev F1 (strict)": f"{figures['dev_f1']:.4f} on {len(dev)} sentences, epoch {figures['best_epoch']}",
    }
    use = f"aspectra evaluate {out.name} --task {config.task} --data NAME|DIR"
    if crew.leads:
        marker = task.marker if config.marker else None
        text = card(f"{name}, fine-tuned for {config.task}", student.family, marker, facts, use)
        save(student, out, student.info, text)
        shutil.rmtree(out / session.CHECKPOINTS, ignore_errors=True)
    return figures


def info_of(config: FinetuneConfig, name: str, train: Sequence[Example]) -> dict[str, Any]:
    """What `aspectra.json` says: how to ask the student, what it may answer, where it comes from."""
    named = "category" in tasks.get(config.task).by
    categories = sorted({o.category for example in train for o in example.opinions if o.category and named})
    return {
        "task": config.task,
        "marker": config.marker,
        "input_tokens": config.input_tokens,
        "empty_answer": config.empty_answer,
        "labels": {"polarities": list(POLARITIES), "categories": categories},
        "provenance": {"student": name, "stage": "finetune", "data": config.data, "seed": config.seed},
    }


def tuner(
    student: Any,
    rows: Any,
    batches: Any,
    config: FinetuneConfig,
    arguments: Any,
    dev: Sequence[Example],
    log: Any,
    bar: Any,
    crew: Any,
) -> Any:
    """The trainer that judges epochs by dev F1 and keeps the best one's weights in memory and in its checkpoints."""
    from safetensors.torch import load_file, save_file
    from transformers import TrainerCallback

    from aspectra import machine
    from aspectra.students.objective import StudentTrainer
    from aspectra.students.writers.decode import copy_of, predict

    class Tuner(StudentTrainer):
        best: dict[str, Any] = {"epoch": 0, "f1": -1.0}  # noqa: RUF012
        weights_of_best: dict[str, Any] = {}  # noqa: RUF012

        def trained(self) -> dict[str, Any]:
            model: Any = self.model
            return {name: weight for name, weight in model.named_parameters() if weight.requires_grad}

        def judge(self, epoch: int) -> dict[str, Any]:
            """Strict scores on dev; the epoch is kept where its F1 is above all before."""
            bf16 = config.bf16 and machine.has_bf16(arguments.device.type)
            # A copy, so that adapters can be merged for speed: merging and unmerging would change the weights.
            decoder = copy_of(student, bf16) if bf16 or config.lora_rank else student
            mine = predict(
                decoder,
                [example.text for example in dev[crew.rank :: crew.processes]],
                config.task,
                max_new_tokens=config.max_new_tokens,
                batch_size=config.eval_batch_size,
                device=arguments.device.type,
                tick=lambda _: bar.show(),
            )
            shares = crew.gather(mine)
            predictions = [shares[i % crew.processes][i // crew.processes] for i in range(len(dev))]
            result = score(dev, predictions, config.task, "strict", "all")
            if result.f1 > self.best["f1"]:
                self.best = {"epoch": epoch, "f1": result.f1}
                self.weights_of_best = {n: w.detach().to("cpu", copy=True) for n, w in self.trained().items()}
            return {"precision": result.precision, "recall": result.recall, "f1": result.f1}

        def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
            """A checkpoint has the best epoch's weights too; the trainer's state, written last, makes it valid."""
            super().save_model(output_dir, _internal_call)
            if crew.leads and output_dir is not None:
                save_file({n: w.contiguous() for n, w in self.weights_of_best.items()}, Path(output_dir) / BEST)
                write_json(Path(output_dir) / JUDGED, self.best)

        def recall(self, checkpoint: Path) -> None:
            """Go on with the best epoch that a checkpoint knows of."""
            self.best = json.loads((checkpoint / JUDGED).read_text(encoding="utf-8"))
            self.weights_of_best = load_file(checkpoint / BEST)

        def restore(self) -> None:
            """Put the best epoch's weights into the model."""
            import torch

            with torch.no_grad():
                for name, weight in self.trained().items():
                    weight.copy_(self.weights_of_best[name])

    class Watch(TrainerCallback):
        saved = since = 0.0

        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self.saved = self.since = time.monotonic()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            bar.advance()

        def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            epoch, last = math.ceil(state.epoch - 1e-6), state.global_step >= state.max_steps
            now = time.monotonic()
            losses, tokens = trainer.take(crew)
            line = {
                "step": state.global_step,
                "epoch": epoch,
                "loss": losses.get(config.task),
                "answer_tokens": tokens,
                "seconds": round(now - self.since, 3),
            }
            if last or epoch % config.eval_every == 0:
                line["dev"] = trainer.judge(epoch)
                line["dev_seconds"] = round(time.monotonic() - now, 3)
                bar.advance(0, f"dev F1 {line['dev']['f1']:.4f} after epoch {epoch}")
                if crew.leads:
                    say(f"finetune: epoch {epoch}, loss {line['loss']:.3f}, dev F1 {line['dev']['f1']:.4f}")
            log.add(line)
            self.since = time.monotonic()
            due = crew.first(lambda: self.since - self.saved >= config.save_seconds)
            # Before the first look at dev there is no best epoch that a checkpoint could hold.
            control.should_save = bool(due and not last and trainer.weights_of_best)
            if control.should_save:
                self.saved = self.since

    trainer = Tuner(student, rows, batches, config, arguments)
    trainer.add_callback(Watch())
    return trainer
