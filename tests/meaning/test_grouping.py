"""Targets that belong together: by meaning, by what stands around them, or by the names that a user gives."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.meaning.words import write_words

from aspectra.meaning import grouping
from aspectra.meaning.grouping import Subject, find, given
from aspectra.readers.taggers.meanings import Meanings


@pytest.fixture
def meanings(tmp_path: Path) -> Meanings:
    return Meanings(write_words(tmp_path))


SUBJECTS = [
    Subject("staff", 9),
    Subject("waiter", 4),
    Subject("guy desk", 1),
    Subject("food", 7),
    Subject("pasta", 5),
    Subject("price", 6),
    Subject("fees", 2),
    Subject("bed", 3),
    Subject("pillow", 3),
]


def test_targets_of_one_meaning_are_a_topic_that_the_most_typical_names(meanings: Meanings) -> None:
    found = find(SUBJECTS, meanings)
    assert found.names == ["staff", "food", "price", "bed"], "the most spoken of first, ties by the alphabet"
    assert found.topics(["guy desk", "pasta", "fees", "pillow"]) == ["staff", "food", "price", "bed"]


def test_a_target_that_was_not_counted_goes_to_the_nearest_topic_or_nowhere(meanings: Meanings) -> None:
    found = find(SUBJECTS, meanings)
    assert found.topics(["server", "soup", "anchor", "zzz", ""]) == ["staff", "food", None, None, None]


def test_a_group_that_hardly_anyone_speaks_of_is_no_topic(meanings: Meanings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "FEW", 40)
    assert find([*SUBJECTS, Subject("anchor", 1)], meanings).names == ["staff", "food", "price", "bed"]
    assert "anchor" in find([*SUBJECTS, Subject("anchor", 2)], meanings).names


def test_of_a_handful_of_reviews_each_thing_that_is_named_is_a_topic(meanings: Meanings) -> None:
    found = find([Subject("anchor", 1), Subject("waiter", 1), Subject("staff", 1)], meanings)
    assert found.topics(["anchor", "waiter"]) == ["anchor", "staff"], "not all of it other"


def test_the_order_of_the_targets_makes_no_topic_another(meanings: Meanings) -> None:
    said = [subject.text for subject in SUBJECTS]
    expected = find(SUBJECTS, meanings)
    for seed in range(5):
        mixed = random.Random(seed).sample(SUBJECTS, len(SUBJECTS))
        found = find(mixed, meanings)
        assert (found.names, found.topics(said)) == (expected.names, expected.topics(said))


def test_sentences_tell_what_a_word_alone_does_not(meanings: Meanings) -> None:
    odd = [Subject("zzz", 3, ["was rude", "so rude"]), Subject("yyy", 3, ["very tasty"])]
    told = [
        replace(subject, around=("rude",)) if subject.text in ("staff", "waiter") else subject for subject in SUBJECTS
    ]
    told = [replace(subject, around=("tasty",)) if subject.text == "food" else subject for subject in told]
    assert find([*told, *odd], meanings).topics(["zzz", "yyy"]) == ["staff", "food"]
    bare = [replace(subject, around=()) for subject in odd]
    assert find([*told, *bare], meanings).topics(["zzz", "yyy"]) != ["staff", "food"]


def test_beyond_the_head_a_target_is_of_the_nearest_topic(meanings: Meanings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "HEAD", 4)
    monkeypatch.setattr(grouping, "BLOCK", 2)
    found = find(SUBJECTS, meanings)
    assert found.names == ["food", "staff", "price"]
    assert found.topics(["waiter", "fees", "pillow"]) == ["staff", "price", None]


def test_a_user_names_topics_and_what_fits_none_is_other(meanings: Meanings) -> None:
    own = {"people": ("waiter", "host"), "price": (), "night": ("bed",)}
    found = given(own, SUBJECTS, meanings)
    assert found.names == ["people", "price", "night"]
    said = ["staff", "guy desk", "fees", "pillow", "pasta", "server"]
    assert found.topics(said) == ["people", "people", "price", "night", None, "people"]


def test_what_a_user_writes_out_is_of_that_topic_though_the_word_means_nothing_here(meanings: Meanings) -> None:
    own = {"people": ("waiter",), "odd": ("Zzz",)}
    assert given(own, [*SUBJECTS, Subject("zzz", 2)], meanings).topics(["zzz", "yyy"]) == ["odd", None]


def test_a_single_target_is_grouped_by_what_it_means(meanings: Meanings) -> None:
    own = {"night": ("bed",), "people": ("staff",)}
    for target, topic in (("waiter", "people"), ("pillow", "night"), ("soup", None)):
        assert given(own, [Subject(target, 3)], meanings).topics([target]) == [topic]
    assert find([Subject("waiter", 3)], meanings).topics(["server", "soup"]) == ["waiter", None]


Grouped = Callable[[Sequence[Subject], Meanings], grouping.Grouping]


@pytest.mark.parametrize("grouped", [find, lambda some, meanings: given({"people": ("staff",)}, some, meanings)])
def test_of_no_targets_nothing_is_made(grouped: Grouped, meanings: Meanings) -> None:
    assert grouped([], meanings).topics(["anchor"]) == [None]
