"""Reading a store: the counts of --status. Real SQLite files."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aspectra.elicit import handoff, queue, status
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.errors import UserError
from aspectra.schema import Review

ASKS = [Ask("analysis", "v1", "m", "{}"), Ask("rewriting", "v1", "m", "{}")]
REVIEWS = [Review("a", "Lovely pool.", "hotel", 5.0), Review("b", "Cold soup."), Review("c", "Lovely pool.")]


def begin(store: Store, reviews: list[Review] = REVIEWS, fingerprint: str = "one") -> tuple[int, list[Ask]]:
    return store.register(reviews, ASKS, fingerprint, {}, free=False)


def answer(store: Store, run: int, asks: list[Ask], number: int, cost: float | None = 0.5) -> None:
    found = list(queue.pending(store, run, asks))[:number]
    store.save([Outcome(p.request, "done", text=p.text.upper(), attempts=1, spent_in=10, cost=cost) for p in found])


def test_reviews_of_the_same_words_share_one_request_and_count_as_pairs(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        assert queue.left(store, run, asks) == 4, "two texts of two kinds"
        assert [(p.text, p.ask.kind) for p in queue.pending(store, run, asks)] == [
            (text, kind) for kind in ("analysis", "rewriting") for text in ("Lovely pool.", "Cold soup.")
        ]
        answer(store, run, asks, 4)
        assert queue.left(store, run, asks) == 0
    counts = status.status(tmp_path)
    assert (counts["done"], counts["pending"]) == (6, 0), "three reviews of two kinds"
    assert (counts["cost_usd"], counts["tokens_in"]) == (2.0, 40), "each request was paid for once"
    assert [(r.review_id, r.kind, r.text) for r in handoff.responses(tmp_path)][:3] == [
        ("a", "analysis", "LOVELY POOL."), ("a", "rewriting", "LOVELY POOL."), ("b", "analysis", "COLD SOUP."),
    ]  # fmt: skip


def test_a_run_is_counted_while_it_writes(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        told = []
        for _ in range(3):
            told.append((status.status(tmp_path)["done"], status.status(tmp_path)["pending"]))
            answer(store, run, asks, 2)
        assert told == [(0, 6), (3, 3), (6, 0)], "two texts of one kind are three pairs"
        store.connection.execute("BEGIN IMMEDIATE")
        store.connection.execute("DELETE FROM responses")
        assert status.status(tmp_path)["done"] == 6, "what is not committed is not counted, and nobody waits"
        store.connection.execute("ROLLBACK")


def test_what_nobody_named_a_price_for_has_no_cost(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        answer(store, run, asks, 3)
        assert (status.status(tmp_path)["cost_usd"], status.spent(tmp_path)) == (1.5, 1.5)
        answer(store, run, asks, 1, cost=None)
    assert status.status(tmp_path)["cost_usd"] is None
    assert status.spent(tmp_path) == 1.5


def test_a_store_without_a_run_has_no_status(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "responses.sqlite").close()
    (tmp_path / "responses.sqlite").touch()
    with pytest.raises(UserError, match="has no run yet"):
        status.status(tmp_path)
