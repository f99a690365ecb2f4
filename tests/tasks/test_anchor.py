"""Terms find the places where a reader would look for them."""

from __future__ import annotations

import pytest

from aspectra.tasks.anchor import anchor, occurrences


@pytest.mark.parametrize(
    ("terms", "text", "places"),
    [
        (["bar"], "bartender at the bar", [(17, 20)]),
        (["bar"], "bartenders", [(0, 3)]),
        (["bar", "bar"], "a bar, a bar", [(2, 5), (9, 12)]),
        (["bar", "bar"], "one bar only", [(4, 7), (4, 7)]),
        (["battery life", "battery"], "battery life of the battery", [(0, 12), (20, 27)]),
        (["fish", "bar"], "bar, fish, bar", [(5, 9), (11, 14)]),
        (["ham"], "fish", [None]),
        ([""], "fish", [None]),
    ],
)
def test_anchor(terms: list[str], text: str, places: list[tuple[int, int] | None]) -> None:
    assert anchor(terms, text) == places


def test_occurrences_overlap() -> None:
    assert occurrences("aa", "aaa") == [(0, 2), (1, 3)]
