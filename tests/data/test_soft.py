"""Soft labels on disk: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.data.soft import SURE, Soft, as_json, behind, line, load, save
from aspectra.errors import UserError

SOFT = Soft((3, 40), {(7, 11): (0.9, 0.05), (12, 16): (0.001, 0.002)}, {(7, 11): (0.7, 0.2, 0.1, 0.0)})
LINE = {"from": 3, "to": 40, "words": [[7, 11, 0.9, 0.05]], "spans": [[7, 11, 0.7, 0.2, 0.1, 0.0]]}


def test_a_word_that_is_surely_of_no_target_is_left_out() -> None:
    assert as_json(SOFT) == LINE


@given(st.dictionaries(st.tuples(st.integers(0, 99), st.integers(0, 99)), st.tuples(*[st.floats(0, 0.5)] * 2)))
def test_what_is_written_is_read_to_four_digits(words: dict[tuple[int, int], tuple[float, float]]) -> None:
    (read,) = behind(json.dumps({"sentences": [as_json(Soft((0, 99), words, {}))]}), "here")
    assert {word for word, said in words.items() if 1 - sum(said) <= SURE - 1e-3} <= set(read.words) <= set(words)
    assert all(read.words[word] == pytest.approx(words[word], abs=1e-4) for word in read.words)


def test_a_sentence_takes_what_lies_wholly_in_it() -> None:
    assert SOFT.within(5, 14) == Soft((0, 9), {(2, 6): (0.9, 0.05)}, {(2, 6): (0.7, 0.2, 0.1, 0.0)})


def test_a_side_of_a_corpus_is_read_by_the_ids_of_its_sentences(tmp_path: Path) -> None:
    save(tmp_path / "train.soft.jsonl", [line("a:1", SOFT)])
    (found,) = load(tmp_path / "train.soft.jsonl").items()
    assert found == ("a:1", Soft((3, 40), {(7, 11): (0.9, 0.05)}, SOFT.spans))
    assert load(tmp_path / "dev.soft.jsonl") == {}


@pytest.mark.parametrize(
    "line",
    [
        {},
        LINE | {"words": [[7, 11, 0.9]]},
        LINE | {"words": [[7, 11, 0.9, 0.5]]},
        LINE | {"words": [[7, 11, float("nan"), 0.5]]},
        LINE | {"spans": [[7, 11, 0.7, 0.2, 0.1]]},
        LINE | {"spans": [[7, 11, 0.7, 0.2, 0.9, 0.0]]},
        LINE | {"spans": None},
    ],
)
def test_what_is_no_soft_label_is_told_with_its_place(line: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the answer to r1: its distribution cannot be read"):
        behind(json.dumps({"sentences": [line]}), "the answer to r1")
    (tmp_path / "x.soft.jsonl").write_text(json.dumps({"ID": "a:1"} | line) + "\n")
    with pytest.raises(UserError, match="row 1: not a soft label"):
        load(tmp_path / "x.soft.jsonl")
