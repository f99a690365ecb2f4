"""Asking: each distinct sentence once, the longest first, the answers in order; where each token stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aspectra import tasks
from aspectra.readers.opening import open_engine
from aspectra.readers.writers.answers import read, spans
from aspectra.readers.writers.engine import Written
from aspectra.readers.writers.reader import WritingReader
from aspectra.students.writers.stems import Stem

Folder = Callable[[str], Path]


class Echo:
    """An engine that answers with the length of its prompt, and notes the batches."""

    name = "echo"
    parameters = 0

    def __init__(self, folder: Path) -> None:
        engine = open_engine(folder, threads=1)
        self.info, self.encoder = engine.info, engine.encoder
        self.batches: list[list[int]] = []

    def write(self, prompts: Sequence[Sequence[int]], max_new_tokens: int, grammars: Any = None) -> list[Written]:
        self.batches.append([len(prompt) for prompt in prompts])
        ids = [self.encoder.ids(f" {len(prompt)}") for prompt in prompts]
        return [Written(some, False, [0.0] * len(some)) for some in ids]

    def likelihoods(self, stems: Sequence[Stem]) -> list[list[float]]:
        raise AssertionError("nobody asks")


def test_a_sentence_that_comes_twice_is_asked_about_once_and_long_ones_first(export_of: Folder) -> None:
    engine = Echo(export_of("llama"))
    ticks: list[int] = []
    texts = ["short", "a much longer sentence than that", "short", "of middling length", "short"]
    answers = WritingReader(engine, batch_size=2, max_new_tokens=4).read(texts, ticks.append)
    lengths = [len(engine.encoder.prompt("opinions by target", text)) for text in texts]
    assert [answer.raw for answer in answers] == [str(length) for length in lengths]
    assert engine.batches == [[lengths[1], lengths[3]], [lengths[0]]]
    assert ticks == [2, 1]


@pytest.mark.parametrize("text", ["soup | positive", "\U0001f35d crème | negative", "a\U0001f469\u200d\U0001f373b"])
def test_every_token_has_its_place_in_the_answer(export_of: Folder, text: str) -> None:
    """A character of several bytes may come in several tokens: each of them covers it."""
    reader = open_engine(export_of("llama"), threads=1).encoder
    ids = reader.ids(text)
    places = spans(reader, ids)
    assert places[0][0] == 0
    assert places[-1][1] == len(text)
    assert all(start <= end for start, end in places)
    assert all(after[0] <= before[1] for before, after in pairwise(places))


def test_a_piece_that_is_not_valid_has_no_opinion_and_lends_its_probability_to_none(export_of: Folder) -> None:
    engine = open_engine(export_of("llama"), threads=1)
    ids = engine.encoder.ids(" nonsense ; soup | positive")
    broken = len(engine.encoder.ids(" nonsense ;"))
    logs = [-5.0] * broken + [0.0] * (len(ids) - broken)
    answer = read(engine.encoder, tasks.get("atsa"), Written(ids, False, logs), "The soup was good.")
    assert [(o.target, o.polarity, o.confidence) for o in answer.found] == [("soup", "positive", 1.0)]
