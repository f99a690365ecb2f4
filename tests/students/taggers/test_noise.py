"""Noisy copies of labeled sentences: whatever becomes of the text, the label says what stands at its place."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.students.taggers.labels import SENTENCES, corpus, labeled

from aspectra.config import PretrainConfig
from aspectra.data.soft import Soft
from aspectra.schema import Example, Opinion
from aspectra.students.corpus import read
from aspectra.students.taggers.noise import bare, copies, copy, slip, small
from aspectra.students.taggers.student import TaggingStudent

TEXT = "“Great Soup”, but the Wi-Fi (3.5 GHz) was slow; nobody, not even the waiter, cared!"
EXAMPLE = Example("1", TEXT, labeled(TEXT, ("Soup", "positive"), ("Wi-Fi", "negative"), ("waiter", "negative")))


@st.composite
def examples(draw: st.DrawFn) -> Example:
    """Any text with opinions at any places, targets without a place among them."""
    text = draw(st.text(alphabet=st.characters(codec="utf-8") | st.sampled_from(TEXT), min_size=1, max_size=80))
    opinions = [Opinion(None, None, "neutral", None, None)]
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        opinions.append(Opinion(text[start:end], None, "positive", start, end))
    return Example("1", text, tuple(opinions))


@given(examples(), st.integers(0, 2**32))
def test_the_place_of_a_label_holds_its_target_in_every_copy(example: Example, seed: int) -> None:
    found = copy(example, None, random.Random(seed))
    if found is None:
        return
    made, _ = found
    assert made.text != example.text
    assert [o.polarity for o in made.opinions] == [o.polarity for o in example.opinions]
    for before, after in zip(example.opinions, made.opinions, strict=True):
        if before.start is None:
            assert after == before
            continue
        assert after.start is not None and after.end is not None and after.target
        assert made.text[after.start : after.end] == after.target
        assert after.target.strip()


@given(st.integers(0, 2**32))
def test_a_target_is_the_same_words_in_a_copy(seed: int) -> None:
    """As far as they can be known again: the place is that of the word, and not merely of something."""
    found = copy(EXAMPLE, None, random.Random(seed))
    assert found is not None
    for before, after in zip(EXAMPLE.opinions, found[0].opinions, strict=True):
        one, other = str(before.target).lower(), str(after.target).lower()
        assert one[0] == other[0] and len(set(one) ^ set(other)) <= 2 and abs(len(one) - len(other)) <= 1


def test_no_punctuation_leaves_what_is_within_words_and_targets() -> None:
    letters = list(TEXT)
    bare(letters, TEXT, [(0, 12)])
    assert "".join(letters) == "“Great Soup” but the Wi-Fi 3.5 GHz was slow nobody not even the waiter cared"


def test_small_letters_and_slips() -> None:
    letters = list(TEXT)
    small(letters)
    assert "".join(letters) == TEXT.lower()
    text = "The breakfast was fresh"
    slips = set()
    for seed in range(50):
        letters = list(text)
        slip(letters, text, random.Random(seed))
        slips.add("".join(letters))
    assert len(slips) > 20 and text not in slips
    assert all(made.startswith("The ") and " was " in made for made in slips), "short words have no slips"


@given(st.integers(0, 2**32))
def test_a_teachers_probabilities_move_with_their_words(seed: int) -> None:
    places = [(o.start or 0, o.end or 0) for o in EXAMPLE.opinions]
    soft = Soft((0, len(TEXT)), dict.fromkeys(places, (0.9, 0.1)), dict.fromkeys(places, (0.25,) * 4))
    found = copy(EXAMPLE, soft, random.Random(seed))
    assert found is not None
    made, moved = found
    assert moved is not None
    assert moved.read == (0, len(made.text))
    assert list(moved.words) == list(moved.spans) == [(o.start, o.end) for o in made.opinions]


def test_the_share_and_the_seed_say_which_sentences_have_a_copy() -> None:
    softs = {each.id: Soft((0, len(each.text)), {}, {}) for each in SENTENCES[:3]}
    some, said = copies(SENTENCES, softs, 0.5, 1)
    assert 9 <= len(some) <= 12, "one that no noise changes has none"
    assert copies(SENTENCES, softs, 0.5, 1) == (some, said) != copies(SENTENCES, softs, 0.5, 2)
    assert copies(SENTENCES, softs, 0.0, 1) == ([], {})
    assert {each.id for each in copies(SENTENCES, softs, 1.0, 1)[0]} <= {f"{each.id}~" for each in SENTENCES}
    assert set(said) <= {"0~", "1~", "2~"}


@pytest.mark.parametrize("noisy", [0.0, 1.0])
def test_copies_are_learned_and_what_is_held_out_stays(
    noisy: float, encoder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    student, folder = TaggingStudent.load(encoder_of("bert")), corpus(tmp_path / "corpus")
    config, rows = PretrainConfig(noisy=noisy), {}
    for side in ("train", "dev"):
        rows[side] = len(student.from_corpus(read(folder, side), config, lambda _: None).rows)
    assert rows["dev"] == 12
    assert rows["train"] == 48 if not noisy else 80 < rows["train"] <= 96
