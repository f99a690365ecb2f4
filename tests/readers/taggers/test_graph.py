"""The graph says what the student says, of every kind of encoder and whatever the text; neighbors change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.readers.taggers.odd import texts
from tests.students.taggers.families import EACH

from aspectra.readers.opening import open_reader
from aspectra.readers.reader import Answer, Judged, Question
from aspectra.readers.taggers.in_onnx import Exported, runs
from aspectra.readers.taggers.in_torch import Whole
from aspectra.readers.taggers.reader import TaggingReader
from aspectra.students.taggers.tagger import Tagger

Folder = Callable[[str], Path]
Made = Callable[[str, str], Path]
TEXT = "The soup was cold, the breakfast buffet was fresh and the lift warm."


def said(answers: Sequence[Answer]) -> list[Any]:
    return [[(o.target, o.start, o.end, o.polarity) for o in answer.found] for answer in answers]


def confidences(answers: Sequence[Answer]) -> list[float]:
    return [o.confidence for answer in answers for o in answer.found]


@pytest.fixture(params=EACH)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_kind_of_encoder_says_the_same_of_odd_texts(kind: str, tagger_of: Folder, reader_of: Made) -> None:
    """Up to the room of 256 tokens, which is beyond the window of ModernBERT's local attention."""
    some = texts(150)
    one = open_reader(tagger_of(kind), device="cpu", threads=1).read(some)
    other = open_reader(reader_of(kind, "float32"), threads=1).read(some)
    assert said(one) == said(other)
    assert len(confidences(one)) > 20 and any(answer.cut for answer in one)
    assert confidences(one) == pytest.approx(confidences(other), abs=1e-4)
    assert [answer.cut for answer in one] == [answer.cut for answer in other]


def test_two_thousand_odd_texts_are_read_as_the_student_reads_them(tagger_of: Folder, reader_of: Made) -> None:
    some = texts(2000)
    one = open_reader(tagger_of("bert"), device="cpu", threads=1).read(some)
    other = open_reader(reader_of("bert", "float32"), threads=1).read(some)
    assert said(one) == said(other)
    assert confidences(one) == pytest.approx(confidences(other), abs=1e-4)


@pytest.mark.parametrize("compute", ["float32", "int8"])
def test_batch_size_order_and_padding_change_no_answer(compute: str, reader_of: Made) -> None:
    """In 8 bits too: a range that hung on the batch would make a sentence's answer hang on its neighbors."""
    some = texts(300, seed=3)
    readers = [TaggingReader(Exported(reader_of("mpnet", compute), 1, size)) for size in (1, 7, 64)]
    alone, few, many = readers[0].read(some), readers[1].read(some[::-1])[::-1], readers[2].read(some)
    assert said(alone) == said(few) == said(many)
    assert confidences(alone) == pytest.approx(confidences(few), abs=1e-5)
    assert confidences(alone) == pytest.approx(confidences(many), abs=1e-5)


def test_few_sentences_are_shared_among_all_threads(reader_of: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    some, sizes = texts(12, seed=4), []
    together = Exported.together

    def noted(self: Exported, pieces: Any, given: Any) -> Any:
        sizes.append(len(pieces))
        return together(self, pieces, given)

    monkeypatch.setattr(Exported, "together", noted)
    one, shared = (TaggingReader(Exported(reader_of("mpnet", "int8"), 4, spread=way)) for way in (False, True))
    alone = one.read(some)
    assert max(sizes) > 3
    sizes.clear()
    assert said(shared.read(some)) == said(alone)
    assert max(sizes) == 3 and len(sizes) >= 4


def test_what_is_begun_is_read_before_it_is_asked_for(reader_of: Made) -> None:
    some, others = texts(40, seed=5), texts(40, seed=6)
    reader = TaggingReader(Exported(reader_of("bert", "float32"), 2))
    first, second = reader.begin(some), reader.begin(others)
    assert second() == reader.read(others) and first() == reader.read(some)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=st.lists(st.text(alphabet=st.characters(exclude_categories=()), max_size=40), max_size=5))
def test_places_are_those_of_any_text(reader_of: Made, some: list[str]) -> None:
    reader = open_reader(reader_of("roberta", "int8"), threads=1)
    for text, answer in zip(some, reader.read(some), strict=True):
        assert all(o.start is not None and text[o.start : o.end] == o.target for o in answer.found)
        assert all(0 <= o.confidence <= 1 for o in answer.found)


def test_a_given_target_is_judged_as_the_student_judges_it(kind: str, tagger_of: Folder, reader_of: Made) -> None:
    """Whether or not it is one that `read` finds."""
    questions = [Question(TEXT, target) for target in ("soup", "breakfast buffet", "was", "waiter")]
    one = open_reader(tagger_of(kind), device="cpu", threads=1).judge(questions)
    other = open_reader(reader_of(kind, "float32"), threads=1).judge(questions)
    for mine, theirs in zip(one[:3], other[:3], strict=True):
        assert isinstance(mine, Judged) and isinstance(theirs, Judged)
        assert mine.probabilities == pytest.approx(theirs.probabilities, abs=1e-4)
    assert str(one[3]) == str(other[3])


def test_a_span_has_a_vector_the_mean_of_its_states(tagger_of: Folder, reader_of: Made) -> None:
    import torch

    tagger = Tagger.load(tagger_of("bert"))
    engine = Exported(reader_of("bert", "float32"), 1)
    pieces = engine.encoder.pieces([TEXT, "", "soup"])
    spans = [one.spans for one in Whole(tagger).read(pieces)]
    assert len(spans[0]) > 1
    found = engine.vectors(pieces)
    assert [len(rows) for rows in found] == [len(some) for some in spans]
    with torch.no_grad():
        states = tagger.model.states(torch.tensor([pieces[0].ids]), torch.ones(1, len(pieces[0].ids), dtype=torch.long))
    for vector, (first, end) in zip(found[0], spans[0], strict=True):
        inside = [token for token, word in enumerate(pieces[0].word_of) if first <= word < end]
        assert vector.tolist() == pytest.approx(states[0, inside].mean(0).tolist(), abs=1e-5)


def test_spans_are_read_off_the_numbers_of_words() -> None:
    import numpy as np

    number = np.array([[0, 0, 1, -1, 2], [-1, -1, -1, -1, -1], [-1, 0, -1, -1, -1]])
    assert runs(number) == [[(0, 2), (2, 3), (4, 5)], [], [(1, 2)]]
