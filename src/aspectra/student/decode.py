"""A student at work: sentences in, opinions out; and its score on a test set.

Called by `aspectra evaluate`, `aspectra.pipeline` and, after each epoch, by `finetune`.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.benchmark import datasets
from aspectra.benchmark.predictions import write_predictions
from aspectra.benchmark.scoring import score_rows
from aspectra.benchmark.subsets import SUBSETS
from aspectra.errors import UserError, unknown
from aspectra.manifest import Stage
from aspectra.models import check, identity, need_train, resolve
from aspectra.progress import progress, say
from aspectra.schema import Example, Prediction
from aspectra.student.family import Student, fill, load, read_info

CUT = "cut"  # in a prediction's `extra`: the answer reached the limit before its end


def predict(
    model: Path | Student,
    texts: Sequence[str],
    task: str | None = None,
    *,
    ids: Sequence[str] | None = None,
    max_new_tokens: int = 100,
    batch_size: int = 32,
    device: str = "auto",
    threads: int | None = None,
    bf16: bool = False,
    tick: Callable[[int], None] | None = None,
) -> list[Prediction]:
    """The opinions of each text, in the order of the texts; the student's own words are in `raw`.

    Greedy. Texts are put in batches by length. Without `task` the one that the student was tuned for is taken. `bf16`
    decodes with a copy of the weights in 16 bits where the device is quicker with them; a rare answer differs then.
    `tick` is told how many texts are done; without it a bar is shown. Raises UserError where the model or the task
    cannot be used.
    """
    need_train("predict")
    import torch

    from aspectra.student import machine
    from aspectra.student.quiet import quiet

    place = machine.device(device)
    machine.use_threads(threads)
    student = model if isinstance(model, Student) else load(check(model), place)
    rules = tasks.get(task_of(student.info, task))
    if bf16 and machine.has_bf16(place):
        student = copy_of(student, bf16=True)
    student.model.to(place).eval()
    encoder = student.reader
    prompts = [encoder.prompt(rules.marker, text) for text in texts]
    order = sorted(range(len(texts)), key=lambda i: -len(prompts[i]))
    found: dict[int, Prediction] = {}

    def work(done: Callable[[int], None]) -> None:
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            answers = write(student, [prompts[i] for i in batch], max_new_tokens)
            for i, (written, cut) in zip(batch, answers, strict=True):
                raw = encoder.text(written)
                name = ids[i] if ids is not None else str(i)
                found[i] = Prediction(name, texts[i], rules.decode(raw, texts[i]), raw, {CUT: True} if cut else {})
            done(len(batch))

    with quiet(), torch.inference_mode():
        if tick is not None:
            work(tick)
        else:
            with progress("decode", len(texts)) as bar:
                work(bar.advance)
    return [found[i] for i in range(len(texts))]


def write(
    student: Student,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    watch: Callable[[Any, Any], Any] | None = None,
) -> list[tuple[list[int], bool]]:
    """(ids of the answer without the end token, whether the limit cut it) for each prompt, greedy.

    `watch` is given the ids so far and the scores of the next, at each step, and returns the scores to choose by.
    """
    tokenizer, place = student.tokenizer, student.model.device
    # An answer follows its prompt, so a causal model's prompts end together: padding goes to the left.
    left = student.family == "causal"
    inputs = fill(prompts, tokenizer.pad_token_id, left=left).to(place)
    mask = fill([[1] * len(prompt) for prompt in prompts], 0, left=left).to(place)
    whole = student.model.generate(
        input_ids=inputs,
        attention_mask=mask,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        logits_processor=[watch] if watch is not None else None,
    )
    start = inputs.shape[1] if left else 1
    end = tokenizer.eos_token_id
    answers = []
    for line in whole[:, start:].tolist():
        # By place, not by value: the pad token may be the end token.
        stop = line.index(end) if end in line else len(line)
        answers.append((line[:stop], stop == len(line)))
    return answers


def copy_of(student: Student, bf16: bool) -> Student:
    """A copy to decode with: adapters merged, weights in 16 bits if asked for. The student itself stays as it is."""
    import torch

    model = copy.deepcopy(student.model)
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
    return Student(model.to(torch.bfloat16) if bf16 else model, student.tokenizer, student.family, student.info)


def task_of(info: dict[str, Any], given: str | None) -> str:
    """The task to decode for; raises UserError where the model was tuned for another, or none is known."""
    tuned = info.get("task")
    if given is not None:
        tasks.get(given)
    if given and tuned and given != tuned:
        raise UserError(f"the model was fine-tuned for {tuned}, not for {given}; give --task {tuned} or another model")
    if not (given or tuned):
        raise UserError(f"the model was fine-tuned for no task; name one of: {', '.join(sorted(tasks.TASKS))}")
    return str(given or tuned)


def evaluate(
    model: Path | str,
    task: str | None,
    data: str,
    *,
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
    """Run a student or an export over a test set and score it: {"figures": {"rows", "parameters", ...}}.

    Each row is a subset and a scoring with the fields of `Score`. With `out` the predictions are written there and
    the whole manifest is returned; done already, nothing is run again. `cap` draws test sentences by `seed`.
    `engine`: `transformers`, or `ct2` by which an export runs (None then) and which makes one in passing of a student.
    """
    from aspectra.deploy.answers import ask
    from aspectra.deploy.answers import predictions as as_predictions
    from aspectra.deploy.engine import check_engine, is_export
    from aspectra.deploy.export import passing
    from aspectra.deploy.in_ct2 import Exported

    check_engine(engine)
    exported = is_export(model)
    if exported and (engine == "transformers" or bf16):
        raise UserError(f"{model} is an export, which CTranslate2 runs in its own type; leave out --engine and --bf16")
    if not exported:
        need_train("evaluate")
        from aspectra.student import machine

        machine.device(device)
    for kind, given, known in (("subset", subsets, SUBSETS), ("scoring", scoring, tasks.SCORINGS)):
        for name in given:
            if name not in known:
                raise unknown(kind, name, known)
    name = str(model)
    folder = Path(name).expanduser() if exported else resolve(name)
    chosen = task_of(read_info(folder), task)
    place = datasets.find(chosen, data)
    examples = datasets.draw(datasets.split(place, "test"), cap, seed)
    stage = None
    if out is not None:
        inputs: dict[str, Path | str] = {"model": identity(name)}
        inputs |= {f"gold {path.name}": path for path in datasets.files(place, "test")}
        settings = {
            "task": chosen,
            "data": data,
            "subsets": list(subsets),
            "scoring": list(scoring),
            "cap": cap,
            "seed": seed if cap else None,
            "max_new_tokens": max_new_tokens,
            "bf16": bf16,
        } | ({"engine": engine} if engine == "ct2" and not exported else {})
        stage = Stage("evaluate", out, inputs, settings, replace=replace)
        if (done := stage.finished()) is not None:
            say(f"evaluate: {out} is done already")
            return done
    texts, ids = [example.text for example in examples], [example.id for example in examples]
    limits: dict[str, Any] = {"max_new_tokens": max_new_tokens, "batch_size": batch_size}
    with ExitStack() as held:
        student: Student | Exported
        if exported:
            student = Exported(folder, None, threads)
        elif engine == "ct2":
            student = held.enter_context(passing(load(folder), chosen, texts, threads))
        else:
            student = load(folder)
        if stage is not None:
            stage.begin()
        started = time.perf_counter()
        if isinstance(student, Student):
            predictions = predict(student, texts, chosen, ids=ids, device=device, threads=threads, bf16=bf16, **limits)
        else:
            with progress("decode", len(set(texts))) as bar:
                answers = ask(student, texts, tasks.get(chosen), tick=bar.advance, **limits)
            predictions = as_predictions(answers, texts, ids, tasks.get(chosen))
        seconds = time.perf_counter() - started
        figures = summary(student.parameters, examples, predictions, chosen, subsets, scoring, seconds) | {"data": data}
    if stage is None or out is None:
        return {"figures": figures}
    write_predictions(out / "predictions.jsonl", predictions)
    return stage.finish(figures)


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
