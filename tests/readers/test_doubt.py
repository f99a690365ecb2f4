"""How unsure a tagger is of a text, from its probabilities."""

from __future__ import annotations

import math

import pytest

from aspectra.data.soft import Soft
from aspectra.readers.doubt import doubt
from aspectra.readers.extraction import Extraction

TEXT = "The soup was fresh"


def said(words: dict[tuple[int, int], tuple[float, float]], spans: dict[tuple[int, int], tuple[float, ...]]) -> float:
    return doubt(Extraction(TEXT, (), (), False, (Soft((0, len(TEXT)), words, spans),)))


def test_doubt_is_the_mean_over_words_of_what_is_open_about_them() -> None:
    assert said({}, {}) == 0.0, "a word that is left out is sure"
    assert said({(4, 8): (0.5, 0.0)}, {}) == pytest.approx(math.log(2) / 4)
    assert said({(4, 8): (1.0, 0.0)}, {(4, 8): (0.25, 0.25, 0.25, 0.25)}) == pytest.approx(math.log(4) / 4)
    assert said({(4, 8): (0.98, 0.01)}, {}) < said({(4, 8): (0.4, 0.3)}, {})


def test_a_text_without_words_leaves_nothing_open() -> None:
    assert doubt(Extraction("  ", (), (), False)) == 0.0
