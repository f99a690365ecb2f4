"""A writer's training rows: from a corpus' answers, or from a task's linear forms. Called by `student` and
`aspectra.students.families`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from aspectra import tasks
from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.errors import UserError, unknown
from aspectra.schema import Example
from aspectra.students.corpus import CONTROL, Side
from aspectra.students.objective import weigh
from aspectra.students.student import Lessons
from aspectra.students.writers import denoise
from aspectra.students.writers.encoder import Encoder
from aspectra.students.writers.rows import Rows


def from_corpus(encoder: Encoder, side: Side, config: PretrainConfig, tick: Callable[[int], None]) -> Lessons:
    """The rows of the configured kinds; `number` is the number of teacher's rows, which sets the steps."""
    rows, budget = Rows(config.kinds), Rows(config.budget_kinds)
    # A copy that only measures the teacher's answers, so that this run's truncation counts stay correct.
    measure = dataclasses.replace(encoder)
    reviews: dict[str, str] = {}
    for batch in side.table.to_batches(max_chunksize=1024):
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
        denoise.build(list(reviews.values()), encoder, tokens, rows, config.seed)
        number = number or len(budget)
    return Lessons(rows, number, cut(encoder))


def from_examples(encoder: Encoder, examples: Sequence[Example], config: FinetuneConfig) -> Lessons:
    """A row for each labeled sentence; its answer is the task's linear form."""
    task, rows = tasks.get(config.task), Rows([config.task])
    for example in examples:
        answer = task.encode(example.opinions, empty=config.empty_answer)
        rows.add(encoder.prompt(task.marker, example.text), encoder.answer(answer), config.task)
    return Lessons(rows, len(rows), cut(encoder))


def cut(encoder: Encoder) -> dict[str, int]:
    """The number of truncated inputs and answers."""
    return {"inputs": encoder.cut_inputs, "answers": encoder.cut_answers}


def check_kinds(table: Any, config: PretrainConfig) -> None:
    """Raise UserError for a kind that the corpus does not have, or a weight without a kind."""
    there = set(table["kind"].to_pylist())
    for kind in config.kinds:
        if kind == "rating" and kind not in there:
            raise UserError("the corpus has no ratings; build it with --kinds rating too, from reviews that have one")
        if kind != CONTROL and kind not in there:
            if not there:
                raise UserError(
                    "the corpus has no text for a writer to learn (no analysis, no rewriting); train a tagger, such as "
                    "minilm-l6, or ask with: aspectra elicit --kinds analysis,rewriting"
                )
            raise unknown("kind in this corpus", kind, there | {CONTROL})
    if CONTROL in config.kinds and not there & set(config.budget_kinds):
        raise unknown("kind in budget_kinds", config.budget_kinds[0] if config.budget_kinds else "", there)
    weigh(config.weights, config.kinds)
