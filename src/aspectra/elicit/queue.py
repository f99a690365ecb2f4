"""The pending requests of a run, in the order in which they are sent.

Called by `aspectra.elicit.work` and `aspectra.elicit.batches` with the writer's connection, and by
`aspectra.elicit.ray_engine` with a read-only one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aspectra.elicit.database import mending
from aspectra.elicit.store import Ask, Store

# Requests of an ask with a given status and a review in the run. `IS` finds NULL through the index too.
OPEN = "FROM requests q INDEXED BY requests_status"
WANTED = "q.ask = ? AND q.status IS ? AND EXISTS (SELECT 1 FROM reviews v WHERE v.text = q.text AND v.run = ?)"


@dataclass(frozen=True, slots=True)
class Pending:
    """A request without an answer: its row, the review's text, and the ask."""

    request: int
    text: str
    ask: Ask


def pending(
    store: Store, run: int, asks: list[Ask], retry_rejected: bool = False, page: int = 256
) -> Iterator[Pending]:
    """The pending requests of a run, in the order of their texts, one page of each kind at a time.

    Within a page, kind by kind, so that a server's prefix cache works. Safe while answers are stored: no statement
    stays open between pages.
    """
    last = 0
    while True:
        found: dict[int, list[tuple[int, int, str]]] = {}
        for ask in asks:
            rows: list[tuple[int, int, str]] = []
            for state in _states(retry_rejected):
                with mending(store.path):
                    rows += store.connection.execute(
                        f"SELECT q.text, q.id, t.text {OPEN} JOIN texts t ON t.id = q.text "
                        f"WHERE {WANTED} AND q.text > ? ORDER BY q.text LIMIT ?",
                        (ask.id, state, run, last, page),
                    )
            found[ask.id] = sorted(rows)[:page]
        texts = sorted({row[0] for rows in found.values() for row in rows})[:page]
        if not texts:
            return
        last = texts[-1]
        for ask in asks:
            for number, request, text in found[ask.id]:
                if number <= last:
                    yield Pending(request, text, ask)


def left(store: Store, run: int, asks: list[Ask], retry_rejected: bool = False) -> int:
    """The number of requests that `pending` will yield."""
    count = f"SELECT count(*) {OPEN} WHERE {WANTED}"
    with mending(store.path):
        return sum(
            int(store.connection.execute(count, (ask.id, state, run)).fetchone()[0])
            for ask in asks
            for state in _states(retry_rejected)
        )


def answered(store: Store, asks: list[Ask]) -> bool:
    """Whether any request of these asks is done."""
    query = "SELECT EXISTS (SELECT 1 FROM requests INDEXED BY requests_status WHERE ask = ? AND status = 'done')"
    with mending(store.path):
        return any(store.connection.execute(query, (ask.id,)).fetchone()[0] for ask in asks)


def _states(retry_rejected: bool) -> tuple[str | None, ...]:
    return (None, "failed", "rejected") if retry_rejected else (None, "failed")
