"""Rows become tensors of few shapes, padded on the asked side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.students.taggers.labels import SENTENCES

from aspectra.students.taggers.lessons import from_examples
from aspectra.students.taggers.student import TaggingStudent
from aspectra.students.tensors import STEP, fill, width_of


def test_fill_pads_on_the_asked_side() -> None:
    assert fill([[1], [2, 3]], 0).tolist() == [[1, 0], [2, 3]]
    assert fill([[1], [2, 3]], 0, left=True).tolist() == [[0, 1], [2, 3]]
    assert fill([[1], [2, 3]], 0, width=4).tolist() == [[1, 0, 0, 0], [2, 3, 0, 0]]


def test_a_width_is_the_next_multiple() -> None:
    assert [width_of([[7] * length, [7]]) for length in (1, STEP, STEP + 1, 3 * STEP)] == [
        STEP, STEP, 2 * STEP, 3 * STEP,
    ]  # fmt: skip


def test_sentences_of_many_lengths_make_batches_of_few_shapes(encoder_of: Callable[[str], Path]) -> None:
    student = TaggingStudent.load(encoder_of("bert"))
    rows = from_examples(student.encoder(), SENTENCES, []).rows
    for name in ("ids", "mask", "span_of"):
        widths = {student.collate([rows[i]])[name].shape[1] for i in range(len(rows))}
        assert all(width % STEP == 0 for width in widths), name
        assert len(widths) < len({len(rows[i]["ids"]) for i in range(len(rows))}), name
