"""A writer's inference: sentences in, opinions out.

Called after each epoch by `finetune`, by `aspectra.benchmark`, and by `aspectra.readers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.extras import need
from aspectra.info import task_of
from aspectra.progress import progress
from aspectra.schema import CUT, Prediction
from aspectra.students.tensors import padded
from aspectra.students.writers.writer import Writer
from aspectra.weights import check


def predict(
    model: Path | Writer,
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
    """The opinions of each text, in the order of the texts; the student's raw output is in `raw`.

    Greedy. Texts are batched by length. Without `task`, the student's own task is used. `bf16` decodes with a 16-bit
    copy of the weights on devices where that is faster; a few answers may differ. `tick` gets the number of texts done;
    without it a progress bar is shown. Raises UserError if the model or the task cannot be used.
    """
    need("train", "predict")
    import torch

    from aspectra import machine
    from aspectra.quiet import quiet

    place = machine.device(device)
    machine.use_threads(threads)
    student = model if isinstance(model, Writer) else Writer.load(check(model), place)
    rules = tasks.get(task_of(student.info, task))
    if bf16 and machine.has_bf16(place):
        student = copy_of(student, bf16=True)
    student.model.to(place).eval()
    encoder = student.own_encoder
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
    student: Writer,
    prompts: Sequence[Sequence[int]],
    max_new_tokens: int,
    watch: Callable[[Any, Any], Any] | None = None,
) -> list[tuple[list[int], bool]]:
    """(ids of the answer without the end token, whether the limit cut it) for each prompt, greedy.

    `watch` gets the ids so far and the scores of the next token at each step, and returns the scores to choose by.
    """
    tokenizer, place = student.tokenizer, student.model.device
    # If an answer continues its prompt, prompts must end at the same place: padding goes to the left.
    left = student.form.continues
    inputs = {name: value.to(place) for name, value in padded(prompts, tokenizer.pad_token_id, left).items()}
    whole = student.model.generate(
        **inputs,
        max_new_tokens=max_new_tokens,
        do_sample=False,
        num_beams=1,
        logits_processor=[watch] if watch is not None else None,
    )
    start = inputs["input_ids"].shape[1] if left else 1
    end = tokenizer.eos_token_id
    answers = []
    for line in whole[:, start:].tolist():
        # Cut at the first end token instead of removing pad ids: the pad token may be the end token.
        stop = line.index(end) if end in line else len(line)
        answers.append((line[:stop], stop == len(line)))
    return answers


def copy_of(student: Writer, bf16: bool) -> Writer:
    """A copy for decoding: adapters merged, weights in 16 bits if `bf16`. The student itself is not changed."""
    import torch

    made = student.copied()
    made.merge()
    if bf16:
        made.model = made.model.to(torch.bfloat16)
    return made
