"""Which sentences are drawn to be checked, and that each comes with what was read in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import invented, put, source

from aspectra.analyze.analysis import analyze
from aspectra.analyze.sample import sample
from aspectra.analyze.source import Source
from aspectra.errors import UserError
from aspectra.readers.extraction import Extraction, Extractor, Found

ODD = [
    {"text": "The bed was lovely.<br>We came by train. The <b>bar</b> was noisy. The bed was rude."},
    {"text": "Nothing to tell."},
    {"text": "The bed was lovely."},
]


def analyzed(folder: Path, rows: list[dict[str, str]], out: str = "out.jsonl", **options: Any) -> tuple[Path, Path]:
    reviews = put(folder / "reviews.csv", rows)
    analyze(reviews, source(), folder / out, **options)
    return reviews, folder / out


def told(sentence: dict[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    return sentence["text"], [(o["target"], o["polarity"]) for o in sentence["opinions"]]


def test_every_sentence_can_be_drawn_and_has_its_own_opinions(tmp_path: Path) -> None:
    drawn = sample(*analyzed(tmp_path, ODD), 50, 0)
    assert drawn["of"] == 6
    assert sorted((s["review_row"], *told(s)) for s in drawn["sentences"]) == [
        (1, "The bar was noisy.", [("bar", "negative")]),
        (1, "The bed was lovely.", [("bed", "positive")]),
        (1, "The bed was rude.", [("bed", "negative")]),
        (1, "We came by train.", []),
        (2, "Nothing to tell.", []),
        (3, "The bed was lovely.", [("bed", "positive")]),
    ]
    for each in drawn["sentences"]:
        assert all(each["text"][o["from"] : o["to"]] == o["target"] for o in each["opinions"])


class Verdicts(Extractor):
    """Reads what names no target; a little less sure each time."""

    asked = 0

    def extract(self, texts: Sequence[str]) -> list[Extraction]:
        return [Extraction(text, tuple(self.found(text)), (), False) for text in texts]

    def found(self, text: str) -> Iterator[Found]:
        if text.startswith("Great"):
            self.asked += 1
            yield Found(None, None, "positive", None, None, 0.9 - self.asked / 1000)


def test_a_sentence_that_stands_twice_has_its_verdict_both_times(tmp_path: Path) -> None:
    reviews = put(tmp_path / "reviews.csv", [{"text": "Great! We came by train. Great!"}, {"text": "Great!"}])
    analyze(reviews, Source("verdicts", Verdicts, "verdicts"), tmp_path / "out.jsonl")
    drawn = sample(reviews, tmp_path / "out.jsonl", 50, 0)["sentences"]
    assert sorted((s["review_row"], s["text"], len(s["opinions"])) for s in drawn) == [
        (1, "Great!", 1),
        (1, "Great!", 1),
        (1, "We came by train.", 0),
        (2, "Great!", 1),
    ]


@pytest.mark.parametrize(("out", "options"), [("out.csv", {"excel_safe": True}), ("out.parquet", {"limit": 2})])
def test_the_draw_is_of_what_was_read_whatever_the_format(tmp_path: Path, out: str, options: dict[str, Any]) -> None:
    drawn = sample(*analyzed(tmp_path, ODD, out, **options), 50, 0)
    assert drawn["of"] == (5 if "limit" in options else 6)
    assert sum(len(s["opinions"]) for s in drawn["sentences"]) == (3 if "limit" in options else 4)


def test_a_seed_draws_the_same_and_a_smaller_draw_is_the_head_of_a_larger(tmp_path: Path) -> None:
    files = analyzed(tmp_path, invented(60))

    def texts(count: int, seed: int) -> list[str]:
        return [s["text"] for s in sample(*files, count, seed)["sentences"]]

    assert texts(20, 7) == texts(20, 7) and texts(20, 7)[:5] == texts(5, 7)
    assert texts(20, 7) != texts(20, 8)


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    reviews, out = analyzed(tmp_path, ODD)
    other = put(tmp_path / "other.csv", ODD[:1])
    with pytest.raises(UserError, match=r"is not the file that .* was made from \(reviews\.csv\)"):
        sample(other, out, 5, 0)
    with pytest.raises(UserError, match="no file"):
        sample(tmp_path / "gone.csv", out, 5, 0)
    with pytest.raises(UserError, match=r"has no reviews\.csv\.manifest\.json beside it"):
        sample(reviews, reviews, 5, 0)
    out.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="has changed since"):
        sample(reviews, out, 5, 0)
    grown = tmp_path / "grown.parquet"
    analyze(reviews, source(), grown, append=True)
    with pytest.raises(UserError, match=r"was made from \(.*grown\.parquet\.reviews\.parquet\)"):
        sample(reviews, grown, 5, 0)
