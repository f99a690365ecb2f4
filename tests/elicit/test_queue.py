"""What is still to be asked: over a real store, while it is written to."""

from __future__ import annotations

from pathlib import Path

import pytest

from aspectra.elicit import handoff, queue
from aspectra.elicit.store import Ask, Outcome, Store
from aspectra.schema import Review

ASKS = [Ask("analysis", "v1", "m", "{}"), Ask("rewriting", "v1", "m", "{}")]


def begin(store: Store, reviews: list[Review]) -> tuple[int, list[Ask]]:
    return store.register(reviews, ASKS, "one", {}, free=False)


@pytest.mark.parametrize("page", [1, 2, 256])
def test_answers_may_be_stored_while_what_is_pending_is_read(tmp_path: Path, page: int) -> None:
    reviews = [Review(str(n), f"text {n % 7}") for n in range(20)]
    with Store(tmp_path) as store:
        run, asks = begin(store, reviews)
        seen = []
        for pending in queue.pending(store, run, asks, page=page):
            seen.append((pending.text, pending.ask.kind))
            store.save([Outcome(pending.request, "done", text="x", attempts=1)])
        assert len(seen) == len(set(seen)) == 14


def test_failed_is_asked_again_rejected_only_when_wanted_done_and_absent_never(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store, [Review(state, state) for state in ("done", "rejected", "failed", "absent")])
        store.save([Outcome(p.request, p.text, attempts=1, cost=1.0) for p in queue.pending(store, run, asks)])
        assert {p.text for p in queue.pending(store, run, asks)} == {"failed"}
        assert {p.text for p in queue.pending(store, run, asks, retry_rejected=True)} == {"failed", "rejected"}
        assert (queue.left(store, run, asks), queue.left(store, run, asks, retry_rejected=True)) == (2, 4)
        again = next(p for p in queue.pending(store, run, asks))
        store.save([Outcome(again.request, "done", text="x", attempts=2, cost=0.25)])
        row = store.connection.execute("SELECT attempts, cost FROM responses WHERE request = ?", (again.request,))
        assert row.fetchone() == (3, 1.25), "what the earlier tries took stays counted"
    assert {r.status for r in handoff.responses(tmp_path)} == {"done", "rejected", "failed"}, "absent is no response"
