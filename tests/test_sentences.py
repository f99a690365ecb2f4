"""Sentences end where a reader would end them, and no character is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.sentences import sentences, spans

TEXTS = st.text(st.sampled_from("ab A1.!?…。！ \n\t\"')é好\U0001f35d") | st.characters(), max_size=80)


def parts(text: str) -> list[str]:
    return [text[start:end].strip() for start, end in sentences(text)]


def written(text: str) -> list[tuple[int, int]]:
    """The sentences that are more than white space."""
    return [(start, end) for start, end in sentences(text) if text[start:end].strip()]


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
        ("Dr. No ran the desk. Fine, etc. Never again.", ["Dr. No ran the desk.", "Fine, etc.", "Never again."]),
        ("it was good. not the desserts, pies etc. at all", ["it was good.", "not the desserts, pies etc. at all"]),
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


@given(TEXTS)
def test_spans_are_the_sentences_without_the_space_around_them(text: str) -> None:
    assert [text[a:b] for a, b in spans(text)] == [part for part in parts(text) if part]
    assert all(a >= start and b <= end for (a, b), (start, end) in zip(spans(text), written(text), strict=True))


def test_a_text_of_one_long_sentence_takes_linear_time() -> None:
    assert len(sentences("a. " * 100_000)) == 1, "initials"
