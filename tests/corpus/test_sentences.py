"""Words and sentence spans, on which decontamination and silver labels rest."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.corpus.sentences import spans, words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Good. Bad!", ["Good.", "Bad!"]),
        ('He said "never again." We left.', ['He said "never again."', "We left."]),
        ("Dr. No ran the desk at 3.50 a night. Fine.", ["Dr. No ran the desk at 3.50 a night.", "Fine."]),
        ("first line\n\nsecond line", ["first line", "second line"]),
        ("Really?! Yes... no", ["Really?!", "Yes...", "no"]),
        ("   ", []),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, sentences: list[str]) -> None:
    assert [text[a:b] for a, b in spans(text)] == sentences


@given(st.text(alphabet=st.sampled_from("ab .!?\n\"'é文"), max_size=60))
def test_spans_cover_all_but_white_space_in_order(text: str) -> None:
    found = spans(text)
    assert all(a < b for a, b in found)
    assert all(before[1] <= after[0] for before, after in pairwise(found))
    assert "".join("".join(text[a:b] for a, b in found).split()) == "".join(text.split())


def test_words_ignore_case_punctuation_and_the_kind_of_apostrophe() -> None:
    assert words("It’s GREAT, isn't it?") == ("it's", "great", "isn't", "it")
