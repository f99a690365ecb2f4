"""Rows that are written come back as they were, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aspectra.reviews import read_reviews
from aspectra.tables import write_jsonl, write_parquet


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def rows() -> Any:
        yield {"text": "one"}
        raise RuntimeError("stopped")

    for write in (write_jsonl, lambda path, rows: write_parquet(path, rows, ("text",))):
        with pytest.raises(RuntimeError):
            write(tmp_path / "out", rows())
        assert list(tmp_path.iterdir()) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: bool(text.strip())),
        min_size=1,
        max_size=5,
    )
)
def test_any_text_survives_jsonl_and_parquet(tmp_path: Path, texts: list[str]) -> None:
    rows = [{"text": text} for text in texts]
    write_jsonl(tmp_path / "r.jsonl", rows)
    write_parquet(tmp_path / "r.parquet", rows, ("text",))
    assert [json.loads(line)["text"] for line in (tmp_path / "r.jsonl").read_text().split("\n") if line] == texts
    for suffix in ("jsonl", "parquet"):
        assert [review.text for review in read_reviews(tmp_path / f"r.{suffix}")] == texts
