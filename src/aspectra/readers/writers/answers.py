"""Parses a writer's answer into opinions with offsets and confidences. Called by `reader`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from aspectra.readers.extraction import Found
from aspectra.readers.reader import Answer
from aspectra.readers.writers.engine import Written
from aspectra.students.writers.encoder import Encoder
from aspectra.tasks import Task
from aspectra.tasks.linear import split


def read(encoder: Encoder, task: Task, written: Written, text: str) -> Answer:
    """An answer's text, and its opinions, each with the probability of its part of the answer."""
    whole = encoder.spelled(written.ids)
    raw = whole.strip()
    opinions = task.decode(raw, text)
    found: list[Found] = []
    if opinions:
        places = spans(encoder, written.ids)
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


def spans(encoder: Encoder, ids: Sequence[int]) -> list[tuple[int, int]]:
    """Each token's span of characters in the answer's text; a character between two tokens belongs to both."""
    found = []
    start = 0
    for count in range(1, len(ids) + 1):
        text = encoder.spelled(ids[:count])
        found.append((start, len(text)))
        start = len(text.rstrip("\ufffd"))  # drop a character whose bytes are incomplete
    return found
