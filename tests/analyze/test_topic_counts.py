"""Opinions counted by topic: a review once, whatever it calls the thing; what fits nowhere is other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary, put
from tests.analyze.words import write_words

from aspectra.analyze import count_opinions, count_topics, read_topics
from aspectra.analyze.opinions import Opinions, extract
from aspectra.analyze.table import Table, read_table
from aspectra.errors import UserError

TEXTS = [
    "The waiter was rude. Our waiters were slow. The staff was friendly.",
    "The staff was great and the food was cold.",
    "The staff was rude. The pasta was superb.",
    "The food was excellent, the bill was terrible.",
    "The price was average. The anchor was lovely.",
    "We came by bus.",
]


@pytest.fixture
def read(tmp_path: Path) -> tuple[Table, Opinions]:
    table = read_table(put(tmp_path / "r.csv", [{"text": text} for text in TEXTS]))
    return table, list(enumerate(extract(TEXTS, Dictionary()), 1))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_words(tmp_path)


def told(rows: list[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["reviews"], row["opinions"]) for row in rows}


def test_a_review_counts_once_for_a_topic_whatever_it_calls_it(read: tuple[Table, Opinions], model: Path) -> None:
    rows = count_topics(*read, model)
    assert told(rows) == {"staff": (3, 5), "food": (3, 3), "bill": (2, 2), "other": (1, 1)}
    assert [row["name"] for row in rows][-1] == "other", "whatever many speak of it"
    staff = rows[0]
    assert staff["targets"] == [{"label": "staff", "opinions": 3}, {"label": "waiter", "opinions": 2}]
    assert {p: one["count"] for p, one in staff["polarities"].items() if one["count"]} == {"positive": 2, "negative": 3}
    assert {(q["polarity"], q["row"]) for q in staff["quotes"]} >= {("positive", 2), ("negative", 3)}
    whole = count_opinions(*read)
    assert sum(row["opinions"] for row in rows) == whole["opinions"], "every opinion is in one topic"


def test_topics_of_ones_own_take_what_is_near_and_leave_the_rest(
    read: tuple[Table, Opinions], model: Path, tmp_path: Path
) -> None:
    (tmp_path / "topics.yaml").write_text("money: [price]\npeople: [waiter]\nrooms: [bed]\n", encoding="utf-8")
    rows = count_topics(*read, model, named=read_topics(tmp_path / "topics.yaml"))
    assert told(rows) == {"people": (3, 5), "money": (2, 2), "other": (4, 4)}


def test_the_same_reviews_give_the_same_topics(read: tuple[Table, Opinions], model: Path) -> None:
    assert count_topics(*read, model) == count_topics(*read, model)


def test_a_model_that_knows_no_meanings_is_told_before_anything_is_counted(
    read: tuple[Table, Opinions], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"has no meanings\.npz"):
        count_topics(*read, tmp_path)


def test_opinions_that_can_be_walked_over_once_are_refused(read: tuple[Table, Opinions], model: Path) -> None:
    with pytest.raises(TypeError, match="walked over twice"):
        count_topics(read[0], iter(read[1]), model)
