"""Demonstrations that are most like the review, and what of them a request hangs on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.elicit.nearest import Nearest
from aspectra.elicit.prompt import Demonstration
from aspectra.errors import UserError

POOL = ["The soup was cold.", "Battery lasts two days.", "Cold soup, warm beer.", "The staff was kind.", "The soup!"]


def pool(*texts: str) -> list[Demonstration]:
    return [Demonstration("extraction", text, '{"opinions": []}') for text in texts]


def test_the_most_alike_comes_last_and_the_sentence_itself_never() -> None:
    picked = [each.review for each in Nearest(pool(*POOL), 2).pick("My soup was cold")]
    assert picked == ["Cold soup, warm beer.", "The soup was cold."]
    assert "The soup was cold." not in [each.review for each in Nearest(pool(*POOL), 5).pick("the SOUP was cold")]


def test_rare_words_weigh_more_and_nothing_alike_gives_the_first() -> None:
    assert Nearest(pool(*POOL), 1).pick("the battery")[0].review == "Battery lasts two days."
    assert [each.review for each in Nearest(pool(*POOL), 2).pick("zzz")] == [POOL[1], POOL[0]]
    assert Nearest([], 3).pick("the battery") == ()


def test_each_review_is_shown_its_own(
    endpoint: Any, settings: Callable[..., ElicitConfig], write_reviews: Callable[..., Path], tmp_path: Path
) -> None:
    shown = tmp_path / "shown.jsonl"
    shown.write_text(
        "".join(json.dumps({"kind": "extraction", "review": text, "answer": "{}"}) + "\n" for text in POOL)
    )
    config = settings(kinds=("extraction",), demonstrations=str(shown), nearest=1, concurrency=1)
    reviews = write_reviews("Soup was cold today.", "The battery died.")
    elicit(reviews, config, tmp_path / "out")
    first = [request["messages"][0]["content"] for request in endpoint.requests]
    assert "The soup was cold." in first[0] and "Battery lasts" not in first[0]
    assert "Battery lasts" in first[1] and "soup" not in first[1].rpartition("Text:")[2]
    asked = len(endpoint.requests)
    elicit(reviews, config, tmp_path / "out")
    assert len(endpoint.requests) == asked, "the same pool and number is the same request"
    elicit(reviews, config.model_copy(update={"nearest": 2}), tmp_path / "out")
    assert len(endpoint.requests) == 2 * asked


def test_nearest_to_nothing_is_refused(settings: Callable[..., ElicitConfig], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="name their file with --demonstrations"):
        elicit(tmp_path / "reviews.csv", settings(nearest=2), tmp_path / "out")
