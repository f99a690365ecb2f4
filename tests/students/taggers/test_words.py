"""Words and their pieces: whatever the tokenizer does to a text, places are those of the text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.students.taggers.families import FAMILIES

from aspectra.students.taggers.tagger import Tagger
from aspectra.students.taggers.words import Encoder
from aspectra.units import UNIT

ODD = [
    "",
    "   \t ",
    'The wine-list, 100% "fine"!',
    "crème brûlée 🍝👩‍🍳 ½ ﬁne …",
    "half \ud83d a character",
    "a\x00b\x1fc\u2028d e",
    "الطعام لذيذ ‏جدا‏ — עברית",
    "好吃的饭。再来！",
    "<s> </s> <pad> <mask> spelled",
    "x" * 500,
    "word " * 400,
]


@pytest.fixture(scope="module", params=FAMILIES)
def encoder(request: pytest.FixtureRequest, encoder_of: Callable[[str], Path]) -> Encoder:
    return Tagger.load(encoder_of(request.param)).encoder(64)


def check(encoder: Encoder, text: str) -> None:
    """What holds of any text."""
    (pieces,) = encoder.pieces([text])
    assert len(pieces.ids) == len(pieces.word_of) <= 64
    assert len(pieces.words) == len(pieces.first)
    units = [match.span() for match in UNIT.finditer(text)]
    starts, ends = {start for start, _ in units}, {end for _, end in units}
    last = 0
    for number, ((start, end), first) in enumerate(zip(pieces.words, pieces.first, strict=True)):
        assert last <= start < end <= len(text), "words are in order and do not overlap"
        assert start in starts and end in ends, "a word begins and ends with a unit: none is cut"
        assert pieces.word_of[first] == number and number not in pieces.word_of[:first], "its first piece speaks for it"
        last = end
    if not pieces.cut and "\ud83d" not in text:
        covered = {place for start, end in pieces.words for place in range(start, end)}
        letters = {place for start, end in units if text[start].isascii() for place in range(start, end)}
        assert {p for p in letters if text[p].isalnum()} <= covered, "no plain word is without a piece"


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_keep_their_places(encoder: Encoder, text: str) -> None:
    check(encoder, text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_categories=()), max_size=60))
def test_any_text_keeps_its_places(encoder: Encoder, text: str) -> None:
    check(encoder, text)


def test_a_text_beyond_the_room_loses_its_end_and_keeps_its_frame(encoder: Encoder) -> None:
    (whole,) = Encoder(encoder.tokenizer, 5000).pieces(["good soup " * 90])
    (cut,) = encoder.pieces(["good soup " * 90])
    assert cut.cut and not whole.cut
    assert cut.ids[:-1] == whole.ids[:63] and cut.ids[-1] == whole.ids[-1]
    assert cut.words == whole.words[: len(cut.words)]


def test_size_is_what_is_read(encoder: Encoder) -> None:
    for text in ODD:
        (pieces,) = Encoder(encoder.tokenizer, 5000).pieces([text])
        assert encoder.size(text) == len(pieces.ids)
