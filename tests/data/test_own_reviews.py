"""The recorded answers that a student learns Aspectra's own reviews from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from benchmarks import own_reviews
from benchmarks.reviews_en import HERE

from aspectra.data import datasets


def test_answers_are_of_the_training_sentences_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["own_reviews", "--out", str(tmp_path)])
    own_reviews.main()
    reviews, answers = (
        [json.loads(line) for line in (tmp_path / name).read_text(encoding="utf-8").splitlines()]
        for name in ("reviews.jsonl", "answers.jsonl")
    )
    train = datasets.split(HERE, "train")
    assert [(row["id"], row["text"]) for row in reviews] == [(example.id, example.text) for example in train]
    for example, row in zip(train, answers, strict=True):
        assert row["review"] == example.text
        assert [o["target"] for o in json.loads(row["text"])["opinions"]] == [o.target for o in example.opinions]
    assert datasets.split(tmp_path / "sets" / "atsa" / "own", "dev") == datasets.split(HERE, "dev")
