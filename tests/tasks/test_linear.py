"""Opinions to text and back, exact on any text, and what each scoring makes of text that is not well formed."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra import tasks
from aspectra.errors import UserError
from aspectra.schema import POLARITIES, Example, Opinion
from aspectra.tasks.linear import escape, split, unescape

ATSA, ACSA = tasks.get("atsa"), tasks.get("acsa")

# Every character, the ones that the form is made of more often.
ANY = st.text(st.one_of(st.sampled_from(list("|;\\ \"'\u00a0\n\u200fa🙂אب")), st.characters(exclude_categories=["Cs"])))


@st.composite
def sentences(draw: st.DrawFn) -> Example:
    """A text with opinions on substrings of it."""
    text = draw(ANY.filter(lambda text: bool(text.strip())))
    opinions = []
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        if term := text[start:end].strip():
            opinions.append(Opinion(term, draw(ANY), draw(st.sampled_from(POLARITIES)), start, end))
    return Example("1", text, tuple(opinions))


def said(opinions: tuple[Opinion, ...] | list[Opinion]) -> list[tuple[str | None, str]]:
    return [(o.target, o.polarity) for o in opinions]


@given(sentences())
def test_atsa_round_trip_is_exact_on_any_text(example: Example) -> None:
    raw = ATSA.encode(example.opinions)
    decoded = ATSA.decode(raw, example.text)
    assert said(decoded) == said(ATSA.ordered(example.opinions))
    for opinion in decoded:
        assert opinion.start is not None
        assert example.text[opinion.start : opinion.end] == opinion.target
    parsed = ATSA.parse(raw, example.text, "strict")
    assert parsed.wrong == 0
    assert set(parsed.pairs) == set(ATSA.gold(example, "strict"))


@given(sentences())
def test_acsa_round_trip_is_exact_on_any_category(example: Example) -> None:
    decoded = ACSA.decode(ACSA.encode(example.opinions), example.text)
    assert [(o.category, o.polarity) for o in decoded] == [
        (ACSA.subject(o), o.polarity) for o in ACSA.ordered(example.opinions)
    ]


@given(ANY, ANY, st.sampled_from(tasks.SCORINGS), st.sampled_from([ATSA, ACSA]))
def test_no_answer_breaks_the_parser(raw: str, text: str, scoring: tasks.Scoring, task: tasks.Task) -> None:
    pairs, wrong = task.parse(raw, text, scoring)
    pieces = [piece for piece in split(raw, ";", scoring == "strict") if piece.strip()]
    if scoring == "paper" or raw.strip() == "none":
        assert wrong == 0
    else:
        assert len(pairs) + wrong == len(pieces)
    assert all(polarity in POLARITIES for _, polarity in pairs)


@given(ANY)
def test_escape_is_undone(term: str) -> None:
    assert unescape(escape(term)) == term
    assert split(escape(term), ";", escapes=True) == [escape(term)]


def test_the_form_itself() -> None:
    fish, bar = Opinion("fish; chips", "FOOD#QUALITY", "positive", 9, 20), Opinion("bar", "AMBIENCE", "conflict", 0, 3)
    nowhere = Opinion(None, "FOOD#PRICES", "negative")
    assert ATSA.encode([fish, nowhere, bar, fish]) == r"bar | conflict ; fish\; chips | positive"
    assert (
        ACSA.encode([fish, nowhere, bar, fish])
        == "food quality | positive ; food prices | negative ; ambience | conflict"
    )
    assert ATSA.encode([nowhere]) == "none"
    assert ATSA.encode([Opinion("NULL", "A", "positive")], empty="") == ""


def test_a_term_judged_alike_at_two_places_is_said_twice_and_anchored_to_both() -> None:
    text = "food, good food"
    gold = Example("1", text, (Opinion("food", None, "positive", 11, 15), Opinion("food", None, "positive", 0, 4)))
    raw = ATSA.encode(gold.opinions)
    assert raw == "food | positive ; food | positive"
    assert [(o.start, o.end) for o in ATSA.decode(raw, text)] == [(0, 4), (11, 15)]
    assert ATSA.gold(gold, "paper") == Counter({("food", "positive"): 2})
    assert ATSA.gold(gold, "strict") == Counter({("food", "positive"): 1})


def test_a_term_named_none_is_not_the_empty_answer() -> None:
    text = "none of it"
    raw = ATSA.encode([Opinion("none", None, "negative", 0, 4)])
    assert said(ATSA.decode(raw, text)) == [("none", "negative")]


@pytest.mark.parametrize("raw", ["none", "", "  ", " none\n"])
@pytest.mark.parametrize("scoring", tasks.SCORINGS)
def test_the_empty_answer_says_nothing(raw: str, scoring: tasks.Scoring) -> None:
    assert ATSA.parse(raw, "none", scoring) == ((), 0)


TEXT = "The fish; chips and | bar"


@pytest.mark.parametrize(
    ("raw", "strict", "paper"),
    [
        ("fish | positive", ([("fish", "positive")], 0), [("fish", "positive")]),
        (" fish|positive ;", ([("fish", "positive")], 0), [("fish", "positive")]),
        ("fish | Positive", ([], 1), []),
        ("Fish | positive", ([], 1), []),
        ("fish", ([], 1), []),
        ("fish | bar | positive", ([], 1), []),
        ("| positive", ([], 1), [("", "positive")]),
        ("none ; fish | positive", ([("fish", "positive")], 1), [("fish", "positive")]),
        ("ham | positive ; ham | positive ; ;; x", ([], 3), []),
        (r"fish\; chips | positive", ([("fish; chips", "positive")], 0), [("chips", "positive")]),
        (r"and \| bar | negative", ([("and | bar", "negative")], 0), []),
        (r"fish\ | positive", ([], 1), []),
        ("fish\u00a0| positive", ([("fish", "positive")], 0), [("fish", "positive")]),
    ],
)
def test_what_each_scoring_reads(
    raw: str, strict: tuple[list[tuple[str, str]], int], paper: list[tuple[str, str]]
) -> None:
    assert ATSA.parse(raw, TEXT, "strict") == (tuple(strict[0]), strict[1])
    assert ATSA.parse(raw, TEXT, "paper") == (tuple(paper), 0)


def test_acsa_categories_are_not_checked_but_the_empty_one_is_wrong_in_strict() -> None:
    raw = "whatever | positive ; FOOD#QUALITY | negative ; | neutral"
    expected = (("whatever", "positive"), ("FOOD#QUALITY", "negative"))
    assert ACSA.parse(raw, TEXT, "strict") == (expected, 1)
    assert ACSA.parse(raw, TEXT, "paper") == ((*expected, ("", "neutral")), 0)


def test_opinions_without_a_linear_form() -> None:
    opinions = [
        Opinion("fish; chips ", "FOOD#QUALITY", "positive"),
        Opinion(None, "FOOD#PRICES", "negative"),
        Opinion("ham", None, "positive"),
        Opinion("", "", "positive"),
        Opinion("bar", "BAR", "great"),
    ]
    assert ATSA.pairs(opinions, TEXT, "strict") == ((("fish; chips", "positive"),), 3)
    assert ATSA.pairs(opinions, TEXT, "paper") == ((("chips", "positive"), ("", "positive")), 0)
    assert ACSA.pairs(opinions, TEXT, "strict") == ((("food quality", "positive"), ("food prices", "negative")), 2)


def test_an_unknown_task_names_those_that_exist() -> None:
    with pytest.raises(UserError, match="unknown task 'atsb'; did you mean 'atsa'"):
        tasks.get("atsb")
