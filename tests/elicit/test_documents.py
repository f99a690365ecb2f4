"""JSON as LLMs write it is read completely, or not at all."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.documents import BrokenError, following

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(VALUES, min_size=1).map(lambda value: ["x", *value]), st.sampled_from([None, 1]), st.booleans())
def test_what_json_writes_is_read_as_json_reads_it(value: object, indent: int | None, ascii_only: bool) -> None:
    written = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    found = following(f"So: {written}, [sic] {{you}}")
    assert found is not None
    assert (found.start, found.end, found.value) == (4, 4 + len(written), value)


@given(st.lists(VALUES).map(lambda value: {"x": value}), st.data())
def test_json_that_is_cut_anywhere_is_broken(value: object, data: st.DataObject) -> None:
    written = json.dumps(value)
    with pytest.raises(BrokenError):
        following(written[: data.draw(st.integers(1, len(written) - 1))])


@pytest.mark.parametrize(
    "text",
    [
        '{"a": [1, "b" // one\n]}',
        '{"a": [1 "b"]}',
        '{"a": [1, "b",],}',
        '{ // one\n "a": /* two */ [1, "b"] # three\n}',
        "{'a': [1, 'b']}",
        "{“a”: [1, “b”]}",
        '{"a": [1, "b"] "a": [1, "b"]}',
    ],
)
def test_what_json_does_not_allow_is_read_if_it_can_mean_one_thing_only(text: str) -> None:
    found = following(text)
    assert found is not None and found.value == {"a": [1, "b"]}


def test_strings_are_read_with_their_escapes_and_the_quotes_of_the_other_kind() -> None:
    found = following(r"""["a\"b\u00e9", 'c"d', 'e\'f', "g\'h", "i // j", True, None]""")
    assert found is not None
    assert found.value == ['a"bé', 'c"d', "e'f", "g'h", "i // j", True, None]


@pytest.mark.parametrize(
    "text",
    [
        '["the "best" bed"]',
        '{"a": 1, "a": 2}',
        '{"a": 1, 2}',
        '{"a", "b"}',
        "{a: 1}",
        '["a", ...]',
        '["a",, "b"]',
        '["a"}',
        '[["a"]',
        '["a", b]',
        "so: {",
        "[{}, {}]\n[",
    ],
)
def test_what_may_mean_something_else_is_broken(text: str) -> None:
    with pytest.raises(BrokenError):
        place = 0
        while (found := following(text, place)) is not None:
            place = found.end


@pytest.mark.parametrize("text", ["", "a (b) c", "[sic] {you} [1] {} :-[ x", "a bed [Note: soft] :["])
def test_brackets_in_prose_are_no_json(text: str) -> None:
    assert following(text) is None


PARTS = ["[", "{", "}", "]", '"', "'", "a", ":", ",", " ", "\n", "//", "#", "/*", "1", '"a"']


@pytest.mark.parametrize("part", [*PARTS, "{ ", '{"a":', "[1 ", "[//", "[ #a\n", '"\\', '["', '["a" ', "[[] "])
def test_no_text_takes_long(part: str) -> None:
    began = time.perf_counter()
    with contextlib.suppress(BrokenError):
        following("[" + 20_000 * part)
    with contextlib.suppress(BrokenError):
        following(20_000 * part)
    assert time.perf_counter() - began < 2


@given(st.lists(st.sampled_from(PARTS)).map("".join), st.integers(0, 9))
def test_a_document_stands_where_it_says(text: str, place: int) -> None:
    with contextlib.suppress(BrokenError):
        found = following(text, place)
        assert found is None or (place <= found.start and text[found.start] in "[{" and text[found.end - 1] in "]}")
