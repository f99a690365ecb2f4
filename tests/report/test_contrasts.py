"""A sentence side by side: what is marked in it, and what is said of pieces that count as wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.report import contrasts
from aspectra.schema import Opinion, Prediction


@pytest.mark.parametrize(
    ("task", "raw", "opinions", "said", "unread"),
    [
        ("atsa", "unicorn | positive", (), [("unicorn", True)], 0),
        ("atsa", "bread | positive ; unicorn | negative ; unicorn", (), [("bread", False), ("unicorn", True)], 1),
        ("atsa", "bread | good ;  | positive", (), [], 2),
        ("atsa", None, (Opinion("unicorn", None, "positive"),), [("unicorn", True)], 0),
        ("atsa", None, (Opinion("bread", None, "good"),), [("bread", False)], 0),
        ("acsa", "unicorn | positive", (), [("unicorn", False)], 0),
        ("acsa", " | positive", (), [], 1),
        ("tasd", "unicorn | food quality | positive ; bread | food", (), [("unicorn · food quality", True)], 1),
        ("tasd", "NULL | food quality | positive", (), [("NULL · food quality", False)], 0),
        ("atsa", "none", (), [], 0),
    ],
)
def test_a_term_that_is_not_in_the_sentence_is_not_called_unreadable(
    task: str, raw: str | None, opinions: tuple[Opinion, ...], said: list[tuple[str, bool]], unread: int
) -> None:
    extra = {"gold": [], "counts": {"strict": [0, 1, 0, 0]}}
    prediction = Prediction("1", "Warm bread.", opinions, raw, extra)
    (found,) = contrasts.card(contrasts.Disagreement("s0", task, {0: prediction}, {0: False}))["said"]
    assert [(o["subject"], o["absent"]) for o in found["opinions"]] == said
    assert (found["unread"], found["raw"]) == (unread, raw if unread else None)


@given(st.text("ab ;|<", max_size=20), st.lists(st.tuples(st.integers(0, 20), st.integers(1, 5)), max_size=6))
def test_marking_places_changes_no_letter_of_a_sentence(text: str, places: list[tuple[int, int]]) -> None:
    opinions = [Opinion(text[a : a + n] or None, None, "positive", a, min(a + n, len(text))) for a, n in places]
    pieces = contrasts.segments(text, opinions, lambda _: "gold")
    assert "".join(piece["text"] for piece in pieces) == text


def test_a_term_without_a_place_is_found_and_one_that_is_not_there_is_not_marked() -> None:
    said = [Opinion("soup", None, "negative"), Opinion("unicorn", None, "positive")]
    pieces = contrasts.segments("Cold soup.", said, lambda _: "miss")
    assert [(piece["text"], piece["sign"]) for piece in pieces] == [("Cold ", None), ("soup", "−"), (".", None)]
