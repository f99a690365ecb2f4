"""What counts as the same word, on which decontamination and silver labels rest."""

from __future__ import annotations

from aspectra.corpus.words import words


def test_words_ignore_case_punctuation_and_the_kind_of_apostrophe() -> None:
    assert words("It’s GREAT, isn't it?") == ("it's", "great", "isn't", "it")
