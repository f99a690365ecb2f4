"""SemEval's XML of both layouts becomes sentences with offsets, and what is wrong is named by its line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.imports.invented import sentences

from aspectra.data.examples import load
from aspectra.data.imports.labels import Found
from aspectra.data.imports.semeval import UNWRITABLE, read, write
from aspectra.errors import UserError
from aspectra.schema import Example, Opinion

Y2014 = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<sentences>
    <sentence id="81">
        <text>The &quot;soup&quot; &amp; bread were fine.</text>
        <aspectTerms>
            <aspectTerm term="&quot;soup&quot;" polarity="positive" from="4" to="10"/>
            <aspectTerm term="bread" polarity="conflict" from="13" to="18"/>
        </aspectTerms>
        <aspectCategories>
            <aspectCategory category="food" polarity="positive"/>
        </aspectCategories>
    </sentence>
    <sentence>
        <text>We sat outside.</text>
    </sentence>
</sentences>
"""

Y2016 = """<Reviews>
    <Review rid="7">
        <sentences>
            <sentence id="7:0">
                <text>Kind waiter.</text>
                <Opinions>
                    <Opinion target="waiter" category="SERVICE#GENERAL" polarity="positive" from="5" to="11"/>
                    <Opinion target="NULL" category="FOOD#PRICES" polarity="negative" from="0" to="0"/>
                </Opinions>
            </sentence>
            <sentence id="7:1" OutOfScope="TRUE">
                <text>My cousin lives there.</text>
            </sentence>
        </sentences>
    </Review>
    <Review rid="8">
        <sentences>
            <sentence id="8:0">
                <text>It starts slowly.</text>
                <Opinions>
                    <Opinion category="LAPTOP#OPERATION_PERFORMANCE" polarity="negative"/>
                </Opinions>
            </sentence>
        </sentences>
    </Review>
</Reviews>
"""


def put(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_terms_and_categories_of_2014(tmp_path: Path) -> None:
    first, second = read(put(tmp_path / "a.xml", Y2014))
    assert first.example.text == 'The "soup" & bread were fine.'
    assert first.example.opinions == (
        Opinion('"soup"', None, "positive", 4, 10),
        Opinion("bread", None, "conflict", 13, 18),
        Opinion(None, "food", "positive"),
    )
    assert first.lines == (6, 7, 10)
    assert second == Found(Example("2", "We sat outside."), ())


def test_opinions_of_2015_and_2016(tmp_path: Path) -> None:
    found = [each.example for each in read(put(tmp_path / "a.xml", "\ufeff" + Y2016))]
    assert found == [
        Example(
            "7:0",
            "Kind waiter.",
            (
                Opinion("waiter", "SERVICE#GENERAL", "positive", 5, 11),
                Opinion(None, "FOOD#PRICES", "negative"),
            ),
        ),
        Example("7:1", "My cousin lives there."),
        Example("8:0", "It starts slowly.", (Opinion(None, "LAPTOP#OPERATION_PERFORMANCE", "negative"),)),
    ]


SENTENCE = '<sentences>\n<sentence id="1">\n<text>Good soup</text>\n{}\n</sentence>\n</sentences>'


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("<sentences>\n<sentence>\n</sentences>", 3, "not well-formed XML (mismatched tag)"),
        ("<?xml version='1.0' encoding='latin-99'?><sentences/>", 1, "unknown encoding: latin-99; save it as UTF-8"),
        ("", 1, "not well-formed XML (no element found)"),
        (SENTENCE.format('<Opinion target="soup" from="5" to="9"/>'), 4, "<Opinion> has no polarity"),
        (SENTENCE.format('<aspectTerm polarity="positive"/>'), 4, "<aspectTerm> has no term"),
        (SENTENCE.format('<aspectTerm term="soup" polarity="positive" from="x"/>'), 4, "the offset from='x'"),
        (SENTENCE.format("&shrug;"), 4, "not well-formed XML (undefined entity)"),
        ("<sentences>\n<sentence id='5'>\n<text> </text>\n</sentence></sentences>", 4, "the sentence 5 has no text"),
        ("<Review>\n<Opinions>\n<Opinion category='A#B' polarity='positive'/></Opinions></Review>", 3, "whole reviews"),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = put(tmp_path / "a.xml", text)
    with pytest.raises(UserError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}, line {line}: ")
    assert what in str(caught.value)


def test_a_file_without_sentences_or_no_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no <sentence> elements"):
        read(put(tmp_path / "a.xml", "<html></html>"))
    with pytest.raises(UserError, match="no file"):
        read(tmp_path / "b.xml")


BOMB = """<?xml version="1.0"?>
<!DOCTYPE sentences [
  <!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa">
  <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
]>
<sentences><sentence id="1"><text>&b;</text></sentence></sentences>
"""
PEEK = """<!DOCTYPE sentences SYSTEM "file:///etc/passwd">
<sentences><sentence id="1"><text>fine</text></sentence></sentences>
"""


@pytest.mark.parametrize(("text", "line"), [(BOMB, 2), (PEEK, 1)])
def test_entities_and_document_types_are_refused_before_anything_is_expanded(
    tmp_path: Path, text: str, line: int
) -> None:
    with pytest.raises(UserError, match=rf"line {line}: it declares a document type or an entity"):
        read(put(tmp_path / "a.xml", text))


WRITABLE = st.characters(exclude_categories=["Cs"]).filter(lambda c: not UNWRITABLE.match(c))
MANY = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@given(sentences(WRITABLE))
def test_the_layout_of_2016_holds_all_but_opinion_words(tmp_path: Path, examples: list[Example]) -> None:
    path = tmp_path / "a.xml"
    write(path, examples, "2016")
    assert [found.example for found in read(path)] == [
        replace(e, opinions=tuple(replace(o, words=()) for o in e.opinions)) for e in examples
    ]


@MANY
@given(sentences(WRITABLE))
def test_the_layout_of_2014_holds_terms_then_categories(tmp_path: Path, examples: list[Example]) -> None:
    path = tmp_path / "a.xml"
    write(path, examples, "2014")
    expected = []
    for e in examples:
        terms = [replace(o, category=None, words=()) for o in e.opinions if o.target]
        categories = [replace(o, words=()) for o in e.opinions if not o.target and o.category]
        expected.append(replace(e, opinions=(*terms, *categories)))
    assert [found.example for found in read(path)] == expected


def test_a_published_set_survives_its_official_layout(shared: Path, tmp_path: Path) -> None:
    examples = load(shared / "data" / "benchmark" / "acsa" / "rest16" / "test.json")
    write(tmp_path / "a.xml", examples)
    expected = [replace(e, opinions=tuple(replace(o, words=()) for o in e.opinions)) for e in examples]
    assert [found.example for found in read(tmp_path / "a.xml")] == expected


def test_a_target_without_a_place_and_a_carriage_return_survive(tmp_path: Path) -> None:
    examples = [Example("1", "a\r\nsoup\r", (Opinion("soup", None, "neutral"),))]
    write(tmp_path / "a.xml", examples)
    assert [found.example for found in read(tmp_path / "a.xml")] == examples


def test_a_character_that_xml_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"XML cannot contain the character U\+0001"):
        write(tmp_path / "a.xml", [Example("1", "so\x01up")])
    assert list(tmp_path.iterdir()) == []
