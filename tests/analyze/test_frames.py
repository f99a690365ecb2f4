"""A frame of pandas or polars goes in, and the same kind comes out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.analyze.stand_in import Dictionary

import aspectra.analyze
from aspectra.analyze.opinions import FIELDS
from aspectra.errors import UserError

COLUMNS: dict[str, list[Any]] = {
    "review": ["The room was dirty. The bed was great.", "We stayed.", None, "Our bar was okay."],
    "category": ["a", "b", "c", "d"],
    "stars": [1, 2, 3, 4],
}


def check(rows: list[dict[str, Any]]) -> None:
    assert [(r["target"], r["polarity"], r["stars"], r["review_category"]) for r in rows] == [
        ("room", "negative", 1, "a"),
        ("bed", "positive", 1, "a"),
        ("bar", "neutral", 4, "d"),
    ]
    assert all(r["review"][r["start"] : r["end"]] == r["target"] for r in rows)


def test_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(COLUMNS, index=["w", "x", "y", "z"])
    found = aspectra.analyze.frame(frame, text="review", model=Dictionary())
    assert type(found) is pandas.DataFrame and list(found.index) == ["w", "w", "z"]
    assert list(found.columns) == ["review", "review_category", "stars", *FIELDS]
    check(found.to_dict("records"))
    series = aspectra.analyze.frame(frame["review"], model=Dictionary())
    assert list(series["target"]) == ["room", "bed", "bar"]
    empty = aspectra.analyze.frame(frame.iloc[:0], model=Dictionary())
    assert len(empty) == 0 and list(empty.columns) == list(found.columns)


def test_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(COLUMNS)
    found = aspectra.analyze.frame(frame, model=Dictionary())
    assert type(found) is polars.DataFrame
    assert found.columns == ["review", "review_category", "stars", *FIELDS]
    check(found.to_dicts())
    series = aspectra.analyze.frame(frame["review"], model=Dictionary())
    assert series["target"].to_list() == ["room", "bed", "bar"]
    assert aspectra.analyze.frame(frame[:0], model=Dictionary()).schema == found.schema


TOPICS = [
    {"topic": "people", "reviews": 2, "complaints": 2, "praise": 0, "opinions": 3, "targets": "desk, waiter"},
    {"topic": "other", "reviews": 1, "complaints": 0, "praise": 1, "opinions": 1, "targets": "soup"},
]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_of_topics(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aspectra.places.MODEL", tmp_path)  # no table of meanings to lend
    frames = pytest.importorskip(library)
    texts = ["The desk was rude. The soup was great.", None, "Our desk was slow. The waiter was friendly."]
    found = aspectra.analyze.topic_frame(
        frames.DataFrame({"text": texts}), model=Dictionary(), topics={"people": ["desk", "waiter"], "pool": []}
    )
    rows = found.to_dict("records") if library == "pandas" else found.to_dicts()
    assert [{name: row[name] for name in TOPICS[0]} for row in rows] == TOPICS
    assert rows[0]["share"] == 1.0 and rows[0]["low"] < 0.5 and (rows[0]["positive"], rows[0]["negative"]) == (1, 2)
    empty = aspectra.analyze.topic_frame(frames.DataFrame({"text": texts})[:0], model=Dictionary())
    assert len(empty) == 0 and list(empty.dtypes) == list(found.dtypes)


def test_what_is_no_frame() -> None:
    with pytest.raises(UserError, match="not list"):
        aspectra.analyze.frame(["The room was dirty."], model=Dictionary())
    pandas = pytest.importorskip("pandas")
    with pytest.raises(UserError, match=r"the frame has no column 'words' for text\. It has: review, category, stars"):
        aspectra.analyze.frame(pandas.DataFrame(COLUMNS), text="words", model=Dictionary())


def test_neither_library_is_imported() -> None:
    code = "import sys, aspectra.analyze; print(*(set(sys.modules) & {'pandas', 'polars', 'torch', 'pyarrow'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
