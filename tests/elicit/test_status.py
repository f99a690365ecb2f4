"""Reading a store: the counts of --status and the hand-off. Real SQLite and Parquet files."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from aspectra.elicit import queue, status
from aspectra.elicit.store import Ask, Outcome, Store
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
    assert [(r.review_id, r.kind, r.text) for r in status.responses(tmp_path)][:3] == [
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


def test_the_hand_off_has_the_rows_of_responses(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    with Store(tmp_path) as store:
        run, asks = begin(store)
        found = list(queue.pending(store, run, asks))
        states = ["done", "rejected", "failed", "absent"]
        store.save(
            Outcome(
                p.request, state, text=None if state == "failed" else f'"{n}"\n', reason=None if n == 0 else 'no "why"',
                tokens_in=n or None, attempts=n, model="other" if n == 1 else None, finish_reason="stop" if n else None,
            )
            for n, (p, state) in enumerate(zip(found, states, strict=True))
        )  # fmt: skip
        begin(store, [*REVIEWS[:1], Review("d", "Not asked yet.")], "two")
    for last in (False, True):
        rows = [asdict(response) for response in status.responses(tmp_path, last)]
        assert status.export(tmp_path, tmp_path / "x.parquet", last) == len(rows) == (5 if not last else 2)
        assert pq.read_table(tmp_path / "x.parquet").to_pylist() == rows
    status.export_reviews(tmp_path, tmp_path / "y.parquet")
    assert pq.read_table(tmp_path / "y.parquet").to_pylist() == [
        {"id": "b", "text": "Cold soup.", "domain": None, "rating": None},
        {"id": "c", "text": "Lovely pool.", "domain": None, "rating": None},
        {"id": "a", "text": "Lovely pool.", "domain": "hotel", "rating": 5.0},
        {"id": "d", "text": "Not asked yet.", "domain": None, "rating": None},
    ]
