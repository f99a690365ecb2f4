"""Small files after what users of neighboring tools reported: each is read as it is meant, or told of in one line.

They lie beside the checkout; files made up for the tests of each part are in those tests.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary
from tests.conftest import SHARED

from aspectra.analyze.analysis import analyze
from aspectra.analyze.source import Source
from aspectra.data.examples import load
from aspectra.data.imports.build import build
from aspectra.errors import UserError
from aspectra.reviews import Layout, read_reviews
from aspectra.rows import Form

CASES = SHARED / "cases"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"needs the folder {CASES}, which is not here")
SOUP = "The soup was superb."
CAFE = "Café déjà vu – the waiter was rude; but the bill “small”."


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("utf16.csv", [SOUP]),
        ("sep_line.csv", [SOUP]),
        ("reviews.csv.gz", [SOUP, CAFE]),
        ("backslash_quotes.csv", ['She said "wow", and left.', "The waiter was rude."]),
        ("array.json", [SOUP, "Rude waiter."]),
        ("product_ids.csv", [SOUP, "The bed was soft.", "The waiter was rude."]),
        ("accents.csv", ["La crème brûlée was superb 😍, the waiter rude."]),
    ],
)
def test_tables_are_read_as_they_are(name: str, texts: list[str]) -> None:
    found = list(read_reviews(CASES / name))
    assert [review.text for review in found] == texts
    assert len({review.id for review in found}) == len(texts)


def test_tables_that_need_a_word_are_told_of_and_read_with_it() -> None:
    with pytest.raises(UserError, match="--encoding cp1252;"):
        read_reviews(CASES / "windows1252.csv")
    layout = Layout(form=Form("cp1252"))
    assert [review.text for review in read_reviews(CASES / "windows1252.csv", layout)] == [SOUP, CAFE]
    with pytest.raises(UserError, match="line 21: a quote opens here and does not close"):
        list(read_reviews(CASES / "stray_quote.csv"))
    assert len(list(read_reviews(CASES / "stray_quote.csv", skip_bad_rows=True))) == 99
    with pytest.raises(UserError, match="line 3: no text in column 'Review Text'"):
        list(read_reviews(CASES / "google_play_utf16.csv"))
    (review,) = read_reviews(CASES / "google_play_utf16.csv", skip_bad_rows=True)
    assert (review.text, review.rating) == ("The room was clean.", 5.0)


def analyzed(name: str, folder: Path, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Figures and opinions of a file, read by a dictionary that knows `The X was Y`."""
    out = folder / f"{name}.out.jsonl"
    figures = analyze(CASES / name, Source("dictionary", partial(Dictionary), "dictionary"), out, **options)["figures"]
    return figures, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_html_changes_no_opinion(tmp_path: Path) -> None:
    marked, plain = (analyzed(f"html_{name}.jsonl", tmp_path) for name in ("breaks", "none"))
    told = [[(o["review_id"], o["target"], o["polarity"]) for o in opinions] for _, opinions in (marked, plain)]
    assert told[0] == told[1]
    assert all(o["text"][o["start"] : o["end"]] == o["target"] for o in marked[1])
    ends = [review.text.split() for review in read_reviews(CASES / "html_breaks.jsonl")]
    assert ends == [review.text.split() for review in read_reviews(CASES / "html_none.jsonl")]


def test_groups_and_dates(tmp_path: Path) -> None:
    by = analyzed("by_mixed_numbers.csv", tmp_path, by=("rating", "store"))[0]["by"]
    assert [{row["value"]: row["reviews"] for row in column["rows"]} for column in by] == [
        {"5": 2, "(empty)": 2},
        {"A": 2, "(empty)": 2},
    ]
    assert analyzed("dates_missing.csv", tmp_path)[0]["time"] is not None


def test_labels(tmp_path: Path) -> None:
    def spans(name: str) -> list[tuple[str, int]]:
        build([CASES / name], "atsa", tmp_path / name, split="train")
        found = load(tmp_path / name / "train.json")
        return [(example.text[o.start : o.end], o.start or 0) for example in found for o in example.opinions]

    assert spans("labels_emoji.csv") == [("soup", 5), ("soup", 14)]
    assert spans("labels_kaggle.csv") == spans("labels_generative_absa.txt") == [("soup", 4)]
    with pytest.raises(UserError, match=r"line 5: the target 'x' .*'good' 1 time") as caught:
        spans("labels_many_bad.csv")
    assert "line 2" not in str(caught.value)
