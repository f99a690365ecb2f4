"""A list of JSON objects is read item by item, and what is wrong with it is named by its line."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aspectra.errors import UserError
from aspectra.rows import array, read_rows

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3)
)


def read(path: Path, content: str) -> list[dict[str, Any]]:
    path.write_text(content)
    return [row.values for row in read_rows(path, list)]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(), VALUES, max_size=4), max_size=6), st.sampled_from([None, 2]), st.integers(1, 40)
)
def test_every_item_is_a_row(
    tmp_path_factory: pytest.TempPathFactory, items: list[dict[str, Any]], indent: int | None, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("array") / "a.json"
    path.write_text(f" \n{json.dumps(items, indent=indent)}\n ")
    usual, array.CHUNK = array.CHUNK, chunk
    try:
        assert [row.values for row in array.array_rows(path)] == items
    finally:
        array.CHUNK = usual


def test_json_files_hold_a_list_or_an_object_a_line(tmp_path: Path) -> None:
    assert read(tmp_path / "a.json", '[{"text": "one"},\n {"text": "two"}]') == [{"text": "one"}, {"text": "two"}]
    assert read(tmp_path / "a.json", '{"text": "one"}\n{"text": "two"}\n') == [{"text": "one"}, {"text": "two"}]
    assert read(tmp_path / "a.json", "[]") == []
    with pytest.raises(UserError, match="is one JSON object; write a list of objects"):
        read(tmp_path / "a.json", '{\n  "reviews": [{"text": "one"}]\n}')


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ('[{"text": "one"},\n{"text": "tw', "line 2"),
        ('[{"text": "one"},\n{"text": }]', "line 2"),
        ('[{"text": "one"}\n{"text": "two"}]', "line 2.*Expecting ','"),
        ('[{"text": "one"}', "line 1"),
        ('[{"text": "one"}]\n\n[{"text": "two"}]', "line 3.*after the list"),
    ],
)
def test_a_torn_list_is_an_error_of_its_line(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(UserError, match=why):
        read(tmp_path / "a.json", content)


def test_an_item_that_is_no_object_is_a_bad_row(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"text": "one"}, 5, {"a": 1, "a": 2}, {"text": "two"}]')
    rows = list(read_rows(tmp_path / "a.json", list))
    assert [row.fault for row in rows] == ["", "not an object", "double key", ""]
    assert [row.place for row in rows] == ["item 1", "item 2", "item 3", "item 4"]


def test_a_long_list_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"text": f"{n} " + "x" * 2000} for n in range(4000)]))
    tracemalloc.start()
    assert sum(1 for _ in read_rows(path, list)) == 4000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < path.stat().st_size / 8
