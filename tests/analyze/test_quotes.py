"""Which sentence stands for a topic, and that the opinion in it stays marked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aspectra.analyze.opinions import Opinion
from aspectra.analyze.quotes import Quote, cropped, keep, quote


def test_a_quote_of_an_opinion_without_a_place() -> None:
    text = "First. Nothing works here, we left."
    opinion = Opinion(None, "service", "negative", None, None, 0.9, "Nothing works here, we left.")
    assert quote(opinion, 3, text) == Quote(-0.78, 3, "Nothing works here, we left.", None, None)


@given(st.text(max_size=700), st.integers(0, 700), st.integers(0, 60))
def test_a_cut_sentence_keeps_its_opinion(sentence: str, at: int, length: int) -> None:
    start = min(at, len(sentence))
    end = min(start + length, len(sentence))
    short, first, last = cropped(sentence, start, end)
    assert first is not None and last is not None
    assert short[first:last] == sentence[start:end] and len(short) <= 282


def test_better_quotes_take_the_place_of_others() -> None:
    kept: list[Quote] = []
    for found in (Quote(3, 1, "a", 0, 1), Quote(2, 1, "b", 0, 1), Quote(2.5, 2, "b", 0, 1), Quote(1, 3, "c", 0, 1)):
        keep(kept, found, 2)
    assert [(q.cost, q.row) for q in kept] == [(1, 3), (2, 1)]


def test_a_sentence_that_is_said_twice_is_marked_where_the_opinion_stands() -> None:
    sentence = "The soup was good and the soup was hot."
    text = f"{sentence} {sentence}"
    start = len(sentence) + 1 + sentence.rindex("soup")
    found = quote(Opinion("soup", None, "positive", start, start + 4, 0.5, sentence), 1, text)
    assert found is not None
    assert (found.start, found.end) == (sentence.rindex("soup"), sentence.rindex("soup") + 4)
