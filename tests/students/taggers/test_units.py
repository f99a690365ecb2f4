"""What is said by category, as units and back: nothing is lost but what overlaps or names nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from aspectra.schema import POLARITIES, Example, Opinion
from aspectra.students.taggers.lessons import judged
from aspectra.students.taggers.reading import Read, opinions
from aspectra.students.taggers.spans import of_tags
from aspectra.students.taggers.units import names, units
from aspectra.students.taggers.words import Pieces

TEXT = "soup bed lift waiter view price mood day"
WORDS = [(i, i + len(word)) for word in TEXT.split() for i in (TEXT.index(word),)]
PIECES = Pieces([1, *range(2, 10), 1], WORDS, list(range(1, 9)), [-1, *range(8), -1])
CATEGORIES = ("food quality", "food prices", "room comfort")

about = st.dictionaries(
    st.sampled_from(CATEGORIES), st.sets(st.sampled_from(POLARITIES), min_size=1, max_size=2), max_size=3
)


def target(first: int, end: int, category: str | None, polarity: str) -> Opinion:
    start, stop = WORDS[first][0], WORDS[end - 1][1]
    return Opinion(TEXT[start:stop], category, polarity, start, stop)


@st.composite
def sentences(draw: Any) -> list[Opinion]:
    """Opinions of targets that do not overlap, and of the sentence as a whole."""
    found = [Opinion(None, category, p) for category, said in draw(about).items() for p in said]
    at = 0
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2)), max_size=4)):
        if at + gap + length > len(WORDS):
            break
        first, end = at + gap, at + gap + length
        found += [target(first, end, category, p) for category, said in draw(about).items() for p in said]
        at = end
    shuffled: list[Opinion] = draw(st.permutations(found))
    return shuffled


def back(said: list[Opinion], targets: bool = True) -> set[Opinion]:
    """As a row, and read by a network that has learned the row by heart."""
    row = judged(Example("1", TEXT, tuple(said)), PIECES, CATEGORIES, targets)
    spans = of_tags(row["tags"]) if targets else []
    number = {word: n for n, (first, end) in enumerate(spans) for word in range(first, end)}
    assert row["span_of"] == [number.get(word, -1) for word in PIECES.word_of]
    chances = [[float(n in unit) for n in range(len(CATEGORIES))] for unit in row["units"]]
    shares = [[unit.get(n, [0.25] * 4) for n in range(len(CATEGORIES))] for unit in row["units"]]
    found = opinions(TEXT, PIECES, Read(spans, [1.0] * len(spans), [], chances, shares), CATEGORIES)
    assert len({opinion for opinion, _ in found}) == len(found)
    return {opinion for opinion, _ in found}


@given(sentences())
def test_opinions_by_target_and_category_survive_their_rows(said: list[Opinion]) -> None:
    assert back(said) == set(said)


@given(sentences())
def test_opinions_by_category_survive_their_rows_without_their_targets(said: list[Opinion]) -> None:
    judged: dict[str, set[str]] = {}
    for opinion in said:
        judged.setdefault(str(opinion.category), set()).add(opinion.polarity)
    few = [o for o in said if len(judged[str(o.category)]) < 3]  # a third polarity of one category has no share
    wanted = {Opinion(None, o.category, o.polarity) for o in few}
    assert back(few, targets=False) == wanted


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(1, 2), st.sampled_from(CATEGORIES)), max_size=6))
def test_of_targets_that_overlap_one_is_kept_and_nothing_is_made_up(drawn: list[tuple[int, int, str]]) -> None:
    said = [target(first, first + length, category, "positive") for first, length, category in drawn]
    found = back(said)
    assert found <= set(said) and bool(found) == bool(said)


def test_what_names_no_category_or_has_no_place_teaches_nothing() -> None:
    said = [
        target(0, 1, None, "positive"),
        target(1, 2, " # ", "positive"),
        Opinion("pool", "food quality", "positive"),
    ]
    assert units(said, WORDS, targets=True) == {None: {}}
    assert units(said, WORDS, targets=False) == {None: {"food quality": {"positive"}}}


def test_two_spellings_of_a_category_are_one() -> None:
    assert names(["FOOD#QUALITY", "food quality", None, ""]) == ("food quality",)
