"""The control: the same reviews, the same steps, as many answer tokens as the teacher's."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.errors import UserError
from aspectra.students.writers.denoise import KIND, build, corrupt, spans
from aspectra.students.writers.rows import Rows
from aspectra.students.writers.writer import Writer

REVIEW = "The soup was hot and the bread was fresh, but the waiter forgot our drinks twice."


@given(st.integers(2, 400), st.sampled_from([0.15, 0.3]), st.integers(0, 99))
def test_spans_hide_their_share_and_leave_something(length: int, share: float, seed: int) -> None:
    mask = spans(length, share, random.Random(seed))
    assert len(mask) == length
    assert sum(mask) == min(max(round(length * share), 1), length - 1)


def test_causal_students_write_the_whole_review(causal: Path) -> None:
    student = Writer.load(causal)
    prompt, answer = corrupt(REVIEW, student.encoder(128, 128, marker=True), random.Random(1))
    shown = student.tokenizer.decode(prompt)
    assert re.search(r"<1>", shown)
    assert shown.startswith(f"{KIND}: ")
    assert student.tokenizer.decode(answer, skip_special_tokens=True).strip() == REVIEW


def test_t5_form_restores_the_review(seq2seq: Path) -> None:
    student = Writer.load(seq2seq)
    prompt, answer = corrupt(REVIEW, student.encoder(128, 128, marker=False), random.Random(1))
    shown, hidden = student.tokenizer.decode(prompt), student.tokenizer.decode(answer)
    fills = dict(re.findall(r"(<extra_id_\d+>)(.*?)(?=<extra_id_|</s>)", hidden))
    assert next(iter(fills)) == "<extra_id_0>"
    for sentinel, text in fills.items():
        assert shown.count(sentinel) == 1
        shown = shown.replace(sentinel, text)
    assert shown.removesuffix("</s>") == REVIEW


def test_the_budget_is_met_with_new_spans_each_round(student_folder: Path) -> None:
    student = Writer.load(student_folder)
    encoder = student.encoder(128, 128, marker=True)
    reviews = [REVIEW, "Thin walls, fair price, lovely garden.", "We waited forty minutes at the desk for a key."]
    rows, again = Rows([KIND]), Rows([KIND])
    assert abs(build(reviews, encoder, 2000, rows, seed=3) - 2000) <= 0.05 * 2000
    build(reviews, encoder, 2000, again, seed=3)
    lines = [list(rows[i]["prompt"]) for i in range(len(rows))]
    assert lines == [list(again[i]["prompt"]) for i in range(len(again))], "the seed decides everything"
    assert len({tuple(line) for line in lines}) > 2 * len(reviews), "rounds must not repeat the same spans"


def test_a_corpus_without_reviews_is_said(causal: Path) -> None:
    with pytest.raises(UserError, match="no reviews"):
        build(["  "], Writer.load(causal).encoder(64, 64, True), 10, Rows([KIND]), 0)
