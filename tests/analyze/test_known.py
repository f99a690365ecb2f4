"""Rows are told apart by what stands in them, each as often as it is there."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aspectra.analyze.known import Known, digest

CELLS = st.none() | st.integers(-3, 3) | st.sampled_from(["", "a", "b", "a,b", '"']) | st.booleans()
TABLES = st.lists(st.fixed_dictionaries({"text": st.sampled_from("abc"), "more": CELLS}), max_size=30)


@given(TABLES, TABLES)
def test_new_is_what_the_second_table_has_more_of_than_the_first(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    known = Known(np.array([digest(row) for row in before], np.uint64))
    new = Counter(mark for mark in map(digest, now) if not known.take(mark))
    assert new == Counter(map(digest, now)) - Counter(map(digest, before))


@given(TABLES)
def test_rows_that_differ_have_digests_that_differ(rows: list[dict[str, Any]]) -> None:
    told = {
        (row["text"], "" if row["more"] is None else str(row["more"]).replace("True", "true").replace("False", "false"))
        for row in rows
    }
    assert len(set(map(digest, rows))) == len(told)
