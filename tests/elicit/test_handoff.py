"""The hand-off is what the store has. Real SQLite and Parquet files."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import pyarrow.parquet as pq
from tests.elicit.test_status import REVIEWS, answer, begin

from aspectra.elicit import handoff, queue
from aspectra.elicit.store import Outcome, Store
from aspectra.schema import Review


def test_the_hand_off_has_the_rows_of_responses(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        found = list(queue.pending(store, run, asks))
        states = ["done", "rejected", "failed", "absent"]
        store.save(
            Outcome(
                p.request, state, text=None if state == "failed" else f'"{n}"\n', reason=None if n == 0 else 'no "why"',
                tokens_in=n or None, attempts=n, model="other" if n == 1 else None, finish_reason="stop" if n else None,
                distribution='{"sentences": []}' if n == 0 else None,
            )
            for n, (p, state) in enumerate(zip(found, states, strict=True))
        )  # fmt: skip
        begin(store, [*REVIEWS[:1], Review("d", "Not asked yet.")], "two")
    for last in (False, True):
        rows = [asdict(response) for response in handoff.responses(tmp_path, last)]
        assert handoff.export(tmp_path, tmp_path / "x.parquet", last) == len(rows) == (5 if not last else 2)
        assert pq.read_table(tmp_path / "x.parquet").to_pylist() == rows
    handoff.export_reviews(tmp_path, tmp_path / "y.parquet")
    assert pq.read_table(tmp_path / "y.parquet").to_pylist() == [
        {"id": "b", "text": "Cold soup.", "domain": None, "rating": None},
        {"id": "c", "text": "Lovely pool.", "domain": None, "rating": None},
        {"id": "a", "text": "Lovely pool.", "domain": "hotel", "rating": 5.0},
        {"id": "d", "text": "Not asked yet.", "domain": None, "rating": None},
    ]


def test_files_are_behind_where_the_store_has_other_answers_whatever_their_times(tmp_path: Path) -> None:
    assert not handoff.behind(tmp_path), "without a store there is nothing to be behind of"
    with Store(tmp_path) as store:
        run, asks = begin(store)
        answer(store, run, asks, 1)
        assert handoff.behind(tmp_path), "there are none yet"
        handoff.write(tmp_path)
        assert not handoff.behind(tmp_path)
        answer(store, run, asks, 1)
        for name in (handoff.PARQUET, handoff.REVIEWS):
            os.utime(tmp_path / name)
        assert handoff.behind(tmp_path), "an answer that came while they were written"
        handoff.write(tmp_path)
    for name in (handoff.PARQUET, handoff.REVIEWS):
        os.utime(tmp_path / name, (1, 1))
    assert not handoff.behind(tmp_path), "a copy may have other times"
    with Store(tmp_path) as store:
        begin(store, [Review("a", "Edited.")], "two")
        assert handoff.behind(tmp_path), "a review has other words"
        handoff.write(tmp_path)
    (tmp_path / handoff.REVIEWS).unlink()
    assert handoff.behind(tmp_path)


def test_the_answer_to_a_request_that_had_failed_is_news(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        (first, *_) = queue.pending(store, run, asks)
        store.save([Outcome(first.request, "failed", reason="500", attempts=1)])
        handoff.write(tmp_path)
        store.save([Outcome(first.request, "done", text="Good.", attempts=1)])
        assert handoff.behind(tmp_path), "though there are as many rows"
