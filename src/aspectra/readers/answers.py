"""Sentences to a student's answers, and answers to opinions with places and confidences.

Called by `aspectra.readers.predictor`, `aspectra.readers.export` and, for an export, by `aspectra evaluate`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aspectra.readers.engine import Engine, Grammar, Written
from aspectra.readers.extraction import Found
from aspectra.schema import Prediction
from aspectra.students.writers.decode import CUT
from aspectra.students.writers.family import Encoder
from aspectra.tasks import Task
from aspectra.tasks.linear import split


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student says of one sentence: `raw` as written, `found` as read strictly, and log p of its tokens."""

    raw: str
    found: tuple[Found, ...]
    cut: bool
    logs: tuple[float, ...]


def ask(
    engine: Engine,
    texts: Sequence[str],
    task: Task,
    *,
    batch_size: int,
    max_new_tokens: int,
    grammar: Callable[[str], Grammar] | None = None,
    tick: Callable[[int], object] = lambda _: None,
) -> list[Answer]:
    """The answer to each sentence, in their order; a sentence that comes twice is asked about once.

    Sentences are put in batches by length. `grammar` makes what an answer may be of a sentence; `tick` is told how
    many distinct sentences are done.
    """
    reader = engine.reader
    prompts = {text: reader.prompt(task.marker, text) for text in dict.fromkeys(texts)}
    order = sorted(prompts, key=lambda text: -len(prompts[text]))
    said: dict[str, Answer] = {}
    for first in range(0, len(order), batch_size):
        batch = order[first : first + batch_size]
        grammars = [grammar(text) for text in batch] if grammar is not None else None
        answers = engine.write([prompts[text] for text in batch], max_new_tokens, grammars)
        for text, written in zip(batch, answers, strict=True):
            said[text] = read(reader, task, written, text)
        tick(len(batch))
    return [said[text] for text in texts]


def read(reader: Encoder, task: Task, written: Written, text: str) -> Answer:
    """An answer's text, and its opinions with the probability of the piece that each was read from."""
    whole = reader.spelled(written.ids)
    raw = whole.strip()
    opinions = task.decode(raw, text)
    found: list[Found] = []
    if opinions:
        places = spans(reader, written.ids)
        at = len(whole) - len(whole.lstrip())
        logs: list[float] = []
        for part in split(raw, ";", escapes=True):
            if task.parse(part, text, "strict").pairs:
                start = at + len(part) - len(part.lstrip())
                end = start + len(part.strip())
                inside = (log for (a, b), log in zip(places, written.logs, strict=True) if a < end and start < b)
                logs.append(sum(inside))
            at += len(part) + 1
        for opinion, log in zip(opinions, logs, strict=True):
            o = opinion
            found.append(Found(o.target, o.category, o.polarity, o.start, o.end, min(1.0, math.exp(log))))
    return Answer(raw, tuple(found), written.cut, tuple(written.logs))


def spans(reader: Encoder, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Where each token stands in the text of the answer, in characters; of one between two tokens, both have it."""
    found = []
    start = 0
    for count in range(1, len(ids) + 1):
        text = reader.spelled(ids[:count])
        found.append((start, len(text)))
        start = len(text.rstrip("\ufffd"))  # a character whose bytes have not all come
    return found


def predictions(answers: Sequence[Answer], texts: Sequence[str], ids: Sequence[str], task: Task) -> list[Prediction]:
    """Answers as `aspectra evaluate` writes them."""
    return [
        Prediction(name, text, task.decode(answer.raw, text), answer.raw, {CUT: True} if answer.cut else {})
        for name, text, answer in zip(ids, texts, answers, strict=True)
    ]
