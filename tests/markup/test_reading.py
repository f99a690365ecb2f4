"""HTML in a text: read as what it means, with a way back for every place; what is no HTML stays as it is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aspectra.markup import read, told

PARTS = [
    "soup", "The ", ". ", "\n", "<br />", "<BR>", "</p>", "<p class=\"x>y\">", "<b>", "</b>", "<li>", "&amp;", "&nbsp;",
    "&#39;", "&#x1F600;", "&lt;br&gt;", "<", ">", "&", ";", "<3", "<!--", "-->", "<script>", "</script>",
    "<![CDATA[",
    "]]>", "&#55357;", "&#56842;", "'", '"', "= ", "a", "😀", "<unknown>", "&amp;amp;", "&copy ", "<address>",
    "</address>", "<br", "<br\\/>", "<\\/p>",
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("Good.<br /><br />Bad.", "Good.\n\nBad."),
        ("Good.<BR>Bad.<br/>So.</br>", "Good.\nBad.\nSo.\n"),
        ("Good.< br / >Bad.", "Good.\nBad."),
        (r"Good.<br\/>Bad.<BR \/>So.<br\>Then.<\br>", "Good.\nBad.\nSo.\nThen.\n"),
        (r"<p class=\"a\">Good.<\/p> <b>soup<\/b> <a href=\"http:\/\/a.b\/\">here<\/a>", "\nGood.\n soup here"),
        (r"&lt;br\/&gt;Good&lt;\/p&gt;", "\nGood\n"),
        (r"a <script>if (a < b) { 'soup' }<\/script> b <address>1 Main St<\/address>", "a  b \n1 Main St\n"),
        (r"cut off <br\/", "cut off \n"),
        ("<p>Good.</p><P ALIGN=left>Bad.</P>", "\nGood.\n\nBad.\n"),
        ("<ul><li>Soup<li>Bread</ul>", "\n\nSoup\nBread\n"),
        ("<td>Soup</td><td>Bread</td>", "\nSoup\n\nBread\n"),
        ("sup<b>er</b>b", "superb"),
        ("<b>Never closed", "Never closed"),
        ("<a href=\"x>y\" title='<b>'>soup</a> <a href=http://a/b/>bread</a>", "soup bread"),
        ("soup<img src=a.png>bread", "soup bread"),
        ("<o:p>Good</o:p> <input disabled>", "Good  "),
        ("a <!-- no > soup --> b", "a  b"),
        ("a <script>if (a < b) { 'soup' }</script > b", "a  b"),
        ("a <STYLE type=x>p { color: red }</style> b", "a  b"),
        ("<!DOCTYPE html><![CDATA[Good & cheap]]>", "Good & cheap"),
        ("<!--[if gte mso 9]><xml>x</xml><![endif]-->Good", "Good"),
        ("AT&amp;T &AMP; R&amp;D", "AT&T & R&D"),
        ("it&#39;s it&#x27;s it&#39s it&rsquo;s it&#146;s", "it's it's it's it’s it’s"),
        ("Fish &amp;amp; chips, it&amp;#39;s &amp;nbsp;good", "Fish & chips, it's  good"),
        ("soup&nbsp;bowl co&shy;op &copy 2024 &eacute;", "soup bowl coop © 2024 é"),
        ("&#55357;&#56842; &#128512;", "😊 😀"),
        ("&lt;br /&gt;Good &lt;b&gt;soup&lt;/b&gt; I &lt;3 it", "\nGood soup I <3 it"),
        ("&lt;a href=&quot;x&quot;&gt;soup&lt;/a&gt;", "soup"),
        ("cut off <br", "cut off \n"),
        ("cut off <a href='htt", "cut off "),
        ("<address>1 Main St</address>", "\n1 Main St\n"),
    ],
)
def test_html_is_read_as_what_it_means(given: str, meant: str) -> None:
    assert read(given).text == meant


@pytest.mark.parametrize(
    "text",
    [
        "I <3 it </3", "a < b", "a<b and c>d", "5 > 3", "<- here ->", "<>", "AT&T and R&D", "Q&A; B&B",
        "this &not that",
        "<unknown> by <NAME>, <bob@example.com>, <http://a.b/c>", "we live at <address>", "size <3cm", "?a=1&copy=2",
        "&unknown; & &; &#; &#xyz;", "salt &pepper", "a<b", "]]>", "<!-- never closed", "<script> is what I write",
        r"C:\temp <\o/>", r"a<\b", r"</\>",
    ],
)  # fmt: skip
def test_what_is_no_html_stays(text: str) -> None:
    reading = read(text)
    assert reading.text == text
    assert reading.given(0, len(text)) == (0, len(text))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join), st.data())
def test_every_place_knows_the_way_back(text: str, data: st.DataObject) -> None:
    reading = read(text)
    start = data.draw(st.integers(0, len(reading.text)))
    end = data.draw(st.integers(start, len(reading.text)))
    first, last = reading.given(start, end)
    assert 0 <= first <= last <= len(text)
    if start < end:
        assert first < last and reading.seen(first, last)[0] <= start and reading.seen(first, last)[1] >= end
    if reading.text[start:end].isalpha() and text[first:last].isalpha():
        assert text[first:last] == reading.text[start:end]
    # Places never run backwards, and none is in two characters at once but those of one entity.
    spans = [reading.given(n, n + 1) for n in range(len(reading.text))]
    assert spans == sorted(spans)


def test_words_without_markup_cost_nothing_and_stay_themselves() -> None:
    text = "The soup. \u00a0 The bread!\r\n"
    assert read(text) == read(text) and not read(text).starts
    assert told(text) is text


def test_told_has_no_space_around_it() -> None:
    assert told("<div><p>Good.</p>\n\n<p>Bad.</p></div>") == "Good.\n\nBad."
    assert told("<p>&nbsp;</p>") == ""


@pytest.mark.parametrize(
    "part", ["<!--", '<a x="', "<a x='", "<script>", "<head></head", "&lt;b", "&amp;", "<b ", "&lt;b x=", "<", "&#"]
)
def test_long_texts_take_no_square_of_time(part: str) -> None:
    began = time.monotonic()
    read(part * 40_000)
    assert time.monotonic() - began < 5
