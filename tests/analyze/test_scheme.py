"""Opinions under topics: a review once, whatever it calls the thing; what fits nowhere is other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary, put
from tests.meaning.words import write_words

from aspectra.analyze import count_opinions, read_topics
from aspectra.analyze.opinions import Found, Opinion, Opinions, extract
from aspectra.analyze.table import Table, read_table
from aspectra.errors import UserError
from aspectra.meaning import grouping
from aspectra.models.shipped import reader

TEXTS = [
    "The waiter was rude. Our waiters were slow. The staff was friendly.",
    "The staff was great and the food was cold.",
    "The staff was rude. The pasta was superb.",
    "The food was excellent, the bill was terrible.",
    "The price was average. The anchor was lovely.",
    "We came by bus.",
]
Reviews = tuple[Table, Opinions]


@pytest.fixture
def read(tmp_path: Path) -> Reviews:
    table = read_table(put(tmp_path / "r.csv", [{"text": text} for text in TEXTS]))
    return table, list(enumerate(extract(TEXTS, Dictionary()), 1))


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(grouping, "FEW", 0)  # as if these were many
    return write_words(tmp_path)


def told(figures: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    rows = figures["topics"]["rows"]
    return {row["label"]: (row["reviews"], row["opinions"], row["negative"]["reviews"]) for row in rows}


def test_a_review_counts_once_for_a_topic_whatever_it_calls_it(read: Reviews, model: Path) -> None:
    figures = count_opinions(*read, model=model)
    assert figures["topics"]["by"] == "meaning"
    assert told(figures) == {"staff": (3, 5, 2), "food": (3, 3, 1), "bill": (2, 2, 1), "other": (1, 1, 0)}
    assert list(told(figures)) == ["staff", "food", "bill", "other"], "most complaints first, what fits nowhere last"
    staff = figures["topics"]["rows"][0]
    assert [(one["label"], one["opinions"], one["reviews"]) for one in staff["targets"]] == [
        ("staff", 3, 3),
        ("waiter", 2, 1),
    ]
    assert {p: one["count"] for p, one in staff["polarities"].items() if one["count"]} == {"positive": 2, "negative": 3}
    assert {(q["polarity"], q["row"]) for q in staff["quotes"]} >= {("positive", 2), ("negative", 3)}
    assert sum(row["opinions"] for row in figures["topics"]["rows"]) == figures["opinions"]
    assert {row["label"] for row in figures["targets"]["rows"]} >= {"staff", "waiter"}, "targets are still to be had"


def test_topics_of_ones_own_take_what_is_near_and_leave_the_rest(read: Reviews, model: Path, tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("money: [price]\npeople: [waiter]\nrooms: [bed]\n", encoding="utf-8")
    figures = count_opinions(*read, model=model, topics=read_topics(tmp_path / "topics.yaml"))
    assert figures["topics"]["own"]
    assert told(figures) == {"people": (3, 5, 2), "money": (2, 2, 1), "other": (4, 4, 1)}


def test_without_a_table_of_meanings_topics_go_by_words(read: Reviews) -> None:
    figures = count_opinions(*read)
    assert figures["topics"]["by"] == "words"
    assert told(figures)["waiter"] == (1, 2, 1) and told(figures)["staff"] == (3, 3, 1)
    own = count_opinions(*read, topics={"people": ("waiters", "Staff"), "pool": ()})
    assert told(own) == {"people": (3, 5, 2), "other": (4, 6, 2)}, "examples count in any case and number"
    with pytest.raises(UserError, match="topics: 'Other' is the name for targets that fit nowhere"):
        count_opinions(*read, topics={"Other": []})


def test_the_shipped_reader_has_meanings_under_its_name(read: Reviews) -> None:
    figures = count_opinions(*read, model="reader-en")
    assert figures["topics"]["by"] == "meaning"
    assert figures["topics"] == count_opinions(*read, model=reader())["topics"]


def test_the_same_reviews_give_the_same_topics(read: Reviews, model: Path) -> None:
    assert count_opinions(*read, model=model) == count_opinions(*read, model=model)


def test_a_verdict_that_names_nothing_counts_for_the_whole(read: Reviews, model: Path) -> None:
    table, found = read
    verdict = Opinion(None, None, "negative", None, None, 0.9, "Never again.")
    more = [(row, one._replace(opinions=[*one.opinions, verdict]) if row > 4 else one) for row, one in found]
    figures = count_opinions(table, more, model=model)
    assert told(figures)["overall"] == (2, 2, 2)
    assert list(told(figures))[-2:] == ["overall", "other"]
    assert [quote["sentence"] for quote in figures["topics"]["rows"][-2]["quotes"]] == ["Never again."]


@pytest.mark.parametrize("by", ["meaning", "words"])
def test_targets_that_are_called_like_what_is_no_topic_are_kept_apart(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr("aspectra.analyze.scheme.WORDS", 2)
    texts = [
        "The other was rude. The Overall was slow.",
        "The other was rude. The Overall was cold.",
        "The x was slow.",
    ]
    found = extract(texts, Dictionary())
    found[2].opinions.append(Opinion(None, None, "positive", None, None, 0.9, "Never again."))
    table = read_table(put(tmp_path / "r.csv", [{"text": text} for text in texts]))
    figures = count_opinions(table, list(enumerate(found, 1)), model=model if by == "meaning" else None)
    assert told(figures) == {
        "other (topic)": (2, 2, 2),
        "Overall (topic)": (2, 2, 2),
        "overall": (1, 1, 0),
        "other": (1, 1, 1),
    }
    assert figures["topics"]["by"] == by and list(told(figures))[-2:] == ["overall", "other"]
    assert [row["targets"][0]["label"] for row in figures["topics"]["rows"][:2]] == ["Overall", "other"]


def test_a_reader_that_finds_categories_alone_has_them_as_topics(tmp_path: Path, model: Path) -> None:
    table = read_table(put(tmp_path / "r.csv", [{"text": text} for text in TEXTS[:2]]))
    some = [Opinion(None, kind, "negative", None, None, 0.9, None) for kind in ("Food", "service")]
    figures = count_opinions(table, [(1, Found(some, False)), (2, Found(some[1:], False))], model=model)
    assert figures["topics"]["by"] == "categories"
    assert told(figures) == {"service": (2, 2, 2), "Food": (1, 1, 1)}


def test_a_model_that_knows_no_meanings_is_told(read: Reviews, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no meanings\.npz"):
        count_opinions(*read, model=tmp_path)


def test_opinions_that_can_be_walked_over_once_are_refused(read: Reviews) -> None:
    with pytest.raises(TypeError, match="read twice"):
        count_opinions(read[0], iter(read[1]))
