"""PyABSA's two text formats: copies of a sentence become one, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.imports.invented import CHARACTERS, filled, sentences

from aspectra.data.imports.labels import Found
from aspectra.data.imports.pyabsa import read_atepc, read_seg, write_atepc, write_seg
from aspectra.errors import UserError
from aspectra.schema import POLARITIES, Example, Opinion

SEG = """the $T$ is quick but the manual is thin .
printer
Positive
the printer is quick but the $T$ is thin .
manual
-1
$T$ , what $T$ !
paper
Neutral
"""

ATEPC = """tidy O -100
print B-ASP Positive
head I-ASP Positive
, O -100
dull B-ASP -100
case I-ASP -100

tidy O -100
print B-ASP -999
head I-ASP -999
, O -999
dull B-ASP Negative
case I-ASP Negative

bought O -100
today O -100
"""


def put(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_triples_of_one_text_are_one_sentence(tmp_path: Path, end: str) -> None:
    first, second = read_seg(put(tmp_path / "a.seg", ("\ufeff" + SEG).replace("\n", end)))
    text = "the printer is quick but the manual is thin ."
    opinions = (Opinion("printer", None, "Positive", 4, 11), Opinion("manual", None, "-1", 29, 35))
    assert first == Found(Example("1", text, opinions), (1, 4))
    assert second.example == Example("2", "paper , what paper !", (Opinion("paper", None, "Neutral", 0, 5),))


def test_a_triple_that_stands_twice_counts_once_and_blank_lines_between_do_not(tmp_path: Path) -> None:
    triple = "a $T$ .\ncase\nNegative\n"
    (found,) = read_seg(put(tmp_path / "a.seg", triple + "\n" + triple + "\n\n"))
    assert found.example.opinions == (Opinion("case", None, "Negative", 2, 6),)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a case .\ncase\nPositive\n", r"line 1: no \$T\$ in the line"),
        (SEG + "the $T$ .\n\nPositive\n", "line 11: the term of line 10 should be here"),
        (SEG + "the $T$ .\ncase\n", "line 12: the polarity of line 10 should be here"),
        (SEG + "the $T$ .", "line 11: the term of line 10 should be here"),
    ],
)
def test_a_torn_triple_is_named_by_its_line(tmp_path: Path, text: str, says: str) -> None:
    path = put(tmp_path / "a.seg", text)
    with pytest.raises(UserError, match=says) as caught:
        read_seg(path)
    assert str(path) in str(caught.value)


def test_copies_of_tokens_are_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = read_atepc(put(tmp_path / "a.atepc", ATEPC))
    text = "tidy print head , dull case"
    opinions = (Opinion("print head", None, "Positive", 5, 15), Opinion("dull case", None, "Negative", 18, 27))
    assert first == Found(Example("1", text, opinions), (2, 12))
    assert second == Found(Example("2", "bought today"), ())
    assert capsys.readouterr().err == ""


def test_terms_that_overlap_come_back_whole(tmp_path: Path) -> None:
    """As PyABSA writes them: the tags of both, the second over the first, in either copy."""
    copies = "print B-ASP {}\nhead B-ASP {}\nok O -100\n\n"
    path = put(tmp_path / "a.atepc", copies.format("Positive", "Positive") + copies.format("-100", "Neutral"))
    (found,) = read_atepc(path)
    assert [(o.target, o.polarity) for o in found.example.opinions] == [("print head", "Positive"), ("head", "Neutral")]


def test_tagged_terms_without_a_polarity_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = put(
        tmp_path / "a.atepc",
        ATEPC.replace("case I-ASP Negative", "case I-ASP -999").replace("dull B-ASP Negative", "dull B-ASP -999"),
    )
    assert len(read_atepc(path)[0].example.opinions) == 1
    assert (
        f"{path}: 1 tagged terms have no polarity in any copy and are left out (first: line 5)"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("case B-ASP", "line 16: 2 columns; there should be three"),
        ("a case B-ASP Positive", "line 16: 4 columns"),
        ("case ASP Positive", "line 16: the tag 'ASP' is not one of O, B-ASP, I-ASP"),
        ("case O Positive", "line 16: 'case' has the polarity Positive and the tag O"),
    ],
)
def test_a_wrong_token_is_named_by_its_line(tmp_path: Path, line: str, says: str) -> None:
    path = put(tmp_path / "a.atepc", ATEPC.replace("today O -100", line))
    with pytest.raises(UserError, match=says) as caught:
        read_atepc(path)
    assert str(path) in str(caught.value)


MANY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def merged(examples: list[Example], bare: bool) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """(text, [(target, polarity, start, end)]) by text: what both formats hold; `bare` sentences too or not."""
    texts: dict[str, dict[tuple[Any, ...], None]] = {}
    for e in examples:
        placed = [(o.target, o.polarity, o.start, o.end) for o in e.opinions if o.target]
        if placed or bare:
            texts.setdefault(e.text, {}).update(dict.fromkeys(placed))
    return [(text, list(opinions)) for text, opinions in texts.items()]


def said(found: list[Found]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    rows = [each.example for each in found]
    assert [row.id for row in rows] == [str(i) for i in range(1, len(rows) + 1)]
    return [(row.text, [(o.target, o.polarity.lower(), o.start, o.end) for o in row.opinions]) for row in rows]


@MANY
@given(sentences(st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff\x00\r\n$")))
def test_seg_holds_terms_with_their_places(tmp_path: Path, examples: list[Example]) -> None:
    write_seg(tmp_path / "a.seg", examples)
    assert said(read_seg(tmp_path / "a.seg")) == merged(examples, bare=False)


@MANY
@given(sentences(st.sampled_from("$T ab")))
def test_seg_never_says_what_was_not_there(tmp_path: Path, examples: list[Example]) -> None:
    """The mark in a text, or half of it before a term, costs that opinion and no other thing."""
    write_seg(tmp_path / "a.seg", examples)
    truth = dict(merged(examples, bare=False))
    for text, opinions in said(read_seg(tmp_path / "a.seg")):
        assert set(opinions) <= set(truth[text])
    kept = {text for text, _ in said(read_seg(tmp_path / "a.seg"))}
    assert kept >= {text for text, opinions in truth.items() if "$T" not in text and opinions}


@st.composite
def tokens(draw: Any) -> list[Example]:
    """Sentences of words with one space between, and terms that are runs of words."""
    examples = []
    for number in range(draw(st.integers(1, 4))):
        words = draw(st.lists(filled(CHARACTERS, 4).map(lambda word: "".join(word.split())), min_size=1, max_size=6))
        text = " ".join(words)
        opinions = []
        for _ in range(draw(st.integers(0, 3))):
            begin = draw(st.integers(0, len(words) - 1))
            count = draw(st.integers(1, len(words) - begin))
            start = len(" ".join(words[:begin])) + (begin > 0)
            target = " ".join(words[begin : begin + count])
            opinions.append(Opinion(target, None, draw(st.sampled_from(POLARITIES)), start, start + len(target)))
        examples.append(Example(str(number), text, tuple(opinions)))
    return examples


@MANY
@given(tokens())
def test_atepc_holds_terms_of_whole_words_even_where_they_overlap(tmp_path: Path, examples: list[Example]) -> None:
    write_atepc(tmp_path / "a.atepc", examples)
    assert said(read_atepc(tmp_path / "a.atepc")) == merged(examples, bare=True)


def test_atepc_cuts_words_at_the_ends_of_terms(tmp_path: Path) -> None:
    example = Example(
        "x",
        "ok:\tprinter,case.",
        (Opinion("printer", "C", "positive", 4, 11), Opinion("case", None, "conflict", 12, 16)),
    )
    write_atepc(tmp_path / "a.atepc", [example])
    (found,) = read_atepc(tmp_path / "a.atepc")
    assert found.example.text == "ok: printer , case ."
    assert [(o.target, o.polarity, o.start) for o in found.example.opinions] == [
        ("printer", "Positive", 4),
        ("case", "Conflict", 14),
    ]
    assert (tmp_path / "a.atepc").read_text().split("\n\n")[1].splitlines() == [
        "ok: O -100", "printer B-ASP -100", ", O -100", "case B-ASP Conflict", ". O -100",
    ]  # fmt: skip
