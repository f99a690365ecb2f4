"""Opinions to spans of words and back: nothing is lost but what overlaps."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from aspectra.schema import Opinion
from aspectra.students.taggers.spans import of_opinions, of_tags, shares, tags

WORDS = [(0, 3), (4, 8), (8, 9), (10, 15), (16, 20)]


def opinion(start: int, end: int, polarity: str = "positive") -> Opinion:
    return Opinion("x", None, polarity, start, end)


def test_a_target_that_cuts_a_word_takes_all_of_it() -> None:
    assert list(of_opinions([opinion(5, 7)], WORDS)) == [(1, 2)]


def test_one_span_may_have_several_polarities() -> None:
    found = of_opinions([opinion(0, 3, "positive"), opinion(0, 3, "negative")], WORDS)
    assert found == {(0, 1): {"positive", "negative"}}
    assert shares(found[0, 1]) == [0.5, 0.5, 0.0, 0.0]


def test_a_target_said_twice_has_two_places() -> None:
    assert list(of_opinions([opinion(0, 3), opinion(16, 20)], WORDS)) == [(0, 1), (4, 5)]


def test_of_two_that_overlap_the_first_is_taken_and_the_longer_where_both_begin_alike() -> None:
    assert list(of_opinions([opinion(4, 15), opinion(10, 20)], WORDS)) == [(1, 4)]
    assert list(of_opinions([opinion(4, 8), opinion(4, 15)], WORDS)) == [(1, 4)]


def test_what_has_no_place_teaches_nothing() -> None:
    assert of_opinions([Opinion("x", None, "positive")], WORDS) == {}


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), max_size=6))
def test_spans_survive_their_tags(drawn: list[tuple[int, int]]) -> None:
    spans, at = [], 0
    for gap, length in drawn:
        spans.append((at + gap, at + gap + length))
        at += gap + length
    assert of_tags(tags(spans, at + 2)) == spans


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=20))
def test_any_tags_name_spans_in_order_without_overlap(drawn: list[int]) -> None:
    spans = of_tags(drawn)
    assert all(a < b for a, b in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert {n for a, b in spans for n in range(a, b)} == {n for n, tag in enumerate(drawn) if tag}
