"""Precision and recall out of what a person marked on the page of a check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aspectra.errors import UserError
from aspectra.score.checks import score
from aspectra.score.saved import read
from aspectra.score.shares import wilson

TEXT = "The bar service was fine, the soup cold."


def found(target: str, polarity: str, mark: str | None, should: str | None = None) -> dict[str, Any]:
    return missed(target, polarity) | {"mark": mark, "should": should}


def missed(target: str, polarity: str) -> dict[str, Any]:
    start = TEXT.index(target)
    return {"target": target, "category": None, "polarity": polarity, "from": start, "to": start + len(target)}


def sentence(*opinions: dict[str, Any], lost: tuple[dict[str, Any], ...] = (), complete: bool = True) -> dict[str, Any]:
    return {"text": TEXT, "opinions": list(opinions), "missed": list(lost), "complete": complete}


def saved(*sentences: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"check": 1, "of": 900, "reader": {"name": "r", "version": "1"}, "sentences": list(sentences), **changes}


def counts(part: dict[str, Any]) -> tuple[int, int]:
    return part["right"], part["of"]


def test_precision_is_of_all_that_is_judged_and_recall_of_finished_sentences() -> None:
    figures = score(
        saved(
            sentence(found("bar service", "positive", "right"), lost=(missed("soup", "negative"),)),
            sentence(found("bar service", "negative", "wrong", "positive"), found("soup", "negative", "right")),
            sentence(found("bar", "positive", "wrong")),
            sentence(found("soup", "negative", "right"), lost=(missed("bar", "neutral"),), complete=False),
            sentence(found("soup", "negative", None)),
            sentence(),
        ),
        "check.json",
    )
    assert counts(figures["precision"]) == (3, 5)
    assert counts(figures["recall"]) == (2, 4)
    assert (figures["recall"]["low"], figures["recall"]["high"]) == wilson(2, 4)
    # The service was found, and read the wrong way.
    assert {name: counts(part) for name, part in figures["targets"].items()} == {"precision": (4, 5), "recall": (3, 4)}
    assert counts(figures["by"]["polarity"]["negative"]["precision"]) == (2, 3)
    assert counts(figures["by"]["polarity"]["positive"]["recall"]) == (1, 2)
    assert figures["by"]["polarity"]["conflict"]["recall"]["share"] is None
    assert figures["sentences"] == {"drawn": 6, "finished": 4, "of": 900}


def test_where_nothing_is_judged_it_says_what_to_do() -> None:
    with pytest.raises(UserError, match="none of the 1 sentences is judged; mark some, and save again"):
        score(saved(sentence(found("soup", "negative", None))), "check.json")


@pytest.mark.parametrize(
    ("whole", "told"),
    [
        (saved(check=2), "has another format"),
        (saved(of=None), "is not a saved check"),
        (saved(sentences=None), "is not a saved check"),
        (saved(reader="mine"), "is not a saved check"),
        (saved(reader={"name": 7}), "is not a saved check"),
        (saved(sentence() | {"complete": 1}), "is not a saved check"),
        (saved(sentence() | {"missed": None}), "is not a saved check"),
        (saved(sentence(found("soup", "fine", "right"))), "is not a saved check"),
        (saved(sentence(found("soup", "negative", "maybe"))), "is not a saved check"),
        (saved(sentence(found("soup", "negative", "wrong", "fine"))), "is not a saved check"),
        (saved(sentence(missed("soup", "negative"))), "is not a saved check"),
        (saved(sentence(lost=(missed("soup", "negative") | {"from": 3},))), "is not a saved check"),
        (saved(sentence(lost=(missed("soup", "negative") | {"target": None},))), "is not a saved check"),
    ],
)
def test_what_the_page_did_not_save_is_one_line(tmp_path: Path, whole: dict[str, Any], told: str) -> None:
    path = tmp_path / "check.json"
    path.write_text(json.dumps(whole))
    with pytest.raises(UserError, match=told) as error:
        score(read(path), str(path))
    assert "\n" not in str(error.value)
