"""Sentences end where a reader would end them, and no character is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.deploy.sentences import pieces, sentences

TEXTS = st.text(st.sampled_from("ab A1.!?…。！ \n\t\"')é好\U0001f35d") | st.characters(), max_size=80)


def parts(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Good soup. Bad bread.", ["Good soup.", "Bad bread."]),
        ("Good soup.Bad bread.", ["Good soup.Bad bread."]),
        ("Dr. Who paid 3.50 for no. 7 at St. John's, approx. twice.", None),
        ("We got room No. 12. No. Never again.", ["We got room No. 12.", "No.", "Never again."]),
        ("It was, well... fine. Really?! Yes!", ["It was, well... fine.", "Really?!", "Yes!"]),
        ("Wait… What? they left.", ["Wait…", "What?", "they left."]),
        ('He said "Great." Then he left.', ['He said "Great."', "Then he left."]),
        ("Open at 9 a.m. every day e.g. Sunday.", None),
        ("A list:\n- one\n\n- two", ["A list:", "- one", "- two"]),
        ("饭很好吃。服务不好！「真的」再来？好", ["饭很好吃。", "服务不好！", "「真的」再来？", "好"]),
        ("J. Smith of the U.S. Embassy liked it.", None),
        ("  leading and trailing. \n ", ["leading and trailing."]),
        ("no end", None),
        ("", []),
        (" \n ", [""]),
    ],
)
def test_where_sentences_end(text: str, expected: list[str] | None) -> None:
    assert parts(text) == ([text] if expected is None else expected)


@given(TEXTS)
def test_spans_cover_the_text_without_a_gap(text: str) -> None:
    found = sentences(text)
    assert "".join(text[start:end] for start, end in found) == text
    assert all(start < end for start, end in found)


@given(TEXTS, st.integers(1, 12), st.booleans())
def test_pieces_fit_and_cover_the_text(text: str, limit: int, packed: bool) -> None:
    found = list(pieces(text, len, limit, packed))
    assert "".join(text[start:end] for start, end in found) == text
    assert all(0 < end - start <= limit for start, end in found)


def test_packing_takes_whole_sentences_while_there_is_room() -> None:
    text = "One two. Three four. Five six seven eight nine. Ten."
    cut = [text[start:end] for start, end in pieces(text, lambda part: len(part.split()), 4, packed=True)]
    assert cut == ["One two. Three four. ", "Five six seven ", "eight nine. ", "Ten."]


def test_a_long_text_takes_linear_time() -> None:
    text = "word " * 20_000 + "x" * 20_000
    found = list(pieces(text, len, 100, packed=False))
    assert max(end - start for start, end in found) <= 100
    assert len(sentences("a. " * 100_000)) == 1, "a small letter goes on with the sentence"
