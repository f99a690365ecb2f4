"""Sentences made up by hypothesis, for the round trips of the formats."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from aspectra.schema import POLARITIES, Example, Opinion

# What every file that is written as UTF-8 and read with or without byte-order mark can hold.
# A file with zeros may be taken for UTF-16 (`rows.encodings`).
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00")


def filled(characters: st.SearchStrategy[str], longest: int = 12) -> st.SearchStrategy[str]:
    """Texts that are not blank and have no space around them."""
    return st.text(characters, min_size=1, max_size=longest).map(str.strip).filter(bool)


@st.composite
def sentences(draw: Any, characters: st.SearchStrategy[str] = CHARACTERS) -> list[Example]:
    """Sentences with distinct ids; targets are spans of the text without space around them, or None."""
    examples = []
    for number in range(draw(st.integers(1, 4))):
        text = draw(filled(characters, 30))
        opinions = [draw(opinion(text, characters)) for _ in range(draw(st.integers(0, 3)))]
        examples.append(Example(f"{draw(filled(characters))}:{number}", text, tuple(opinions)))
    return examples


@st.composite
def opinion(draw: Any, text: str, characters: st.SearchStrategy[str]) -> Opinion:
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start + 1, len(text)))
    target: str | None = text[start:end]
    if not draw(st.booleans()) or text[start:end] != text[start:end].strip() or target == "NULL":
        target = start = end = None
    words = tuple(draw(st.lists(filled(characters), max_size=2)))
    category = draw(st.none() | filled(characters))
    return Opinion(target, category, draw(st.sampled_from(POLARITIES)), start, end, words)
