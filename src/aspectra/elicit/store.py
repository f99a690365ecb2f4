"""`responses.sqlite`: the requests and their answers, so that nothing is paid for twice. Design note of the store.

    texts      distinct review texts                                         sha (unique), text
    reviews    id -> text; `run`, `position`: the last run with the review, and its place there
    asks       a way of asking: kind, prompt version, model, settings (canonical JSON)
    requests   (text, ask), with a key as identity: sha256 of the canonical JSON of
               [review text, kind, prompt version, model, settings]. Reviews with the same text share it
    responses  at most one for each request: the last answer, or why there is none
    runs       each call of `aspectra elicit` on this folder: its asks and inputs

- A request is pending while it has no response. `done` is final. The next run retries `failed`; it retries `rejected`
  only if the user asks for it, and `absent` (missing in a recorded teacher's file) never: another file is another ask.
- `text` is the answer after validation, `raw` the answer as received (null if equal). `tokens_*` are the answer's.
  `distribution` has the probabilities behind it, as JSON, if the teacher gives them (format: docstring of
  `aspectra.data.soft`). `left_out` names settings that the endpoint rejected, so that this answer came without them.
  `spent_*` and `cost` add up all tries of the request: money stays counted when an answer is replaced.
- One writer: a lock file has its process id. Readers (`--status`) need no lock: WAL.
- Answers of a paid teacher are synced to disk; answers that arrive together share a transaction (`commits.py`). Nothing
  is counted before. Registering the reviews is one transaction too, so that bad input leaves nothing behind.
- `requests.status` is a copy of the response's, kept by triggers, so that an index finds pending requests, however many
  are done.
- `PRAGMA user_version` counts the migrations of `aspectra.elicit.database`. New ones are only appended.

Called by `aspectra.elicit.call` (reviews), by `commits`, `shards` and `batches` (answers) and by `queue` (reads).
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from aspectra.elicit.database import NAME, clean, connect, mending
from aspectra.elicit.status import open_to_read
from aspectra.files import canonical
from aspectra.lock import take_lock
from aspectra.schema import Review


@dataclass(frozen=True, slots=True)
class Ask:
    """A way of asking; `id` is its row."""

    kind: str
    prompt_version: str
    model: str
    settings: str
    id: int = 0


@dataclass(slots=True)
class Outcome:
    """The result of a request; a row of `responses`. `cost` is USD, None if no price is known.

    `created` is set if the answer arrived earlier, in another process.
    """

    request: int
    status: str
    text: str | None = None
    raw: str | None = None
    reason: str | None = None
    finish_reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    thinking: int = 0
    attempts: int = 0
    spent_in: int = 0
    spent_out: int = 0
    cost: float | None = None
    model: str | None = None
    prompt_version: str | None = None
    created: str | None = None
    distribution: str | None = None
    left_out: str | None = None


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def request_key(text: str, ask: Ask) -> bytes:
    """The identity of a request: sha256 of everything that determines its answer (32 bytes)."""
    return hashlib.sha256(
        canonical([text, ask.kind, ask.prompt_version, ask.model, ask.settings]).encode("utf-8", "surrogatepass")
    ).digest()


class Store:
    """The writer's side, a context manager. A second writer on the folder raises UserError with the first one's pid."""

    def __init__(self, folder: Path, durable: bool = True) -> None:
        self.folder, self.path = folder, folder / NAME
        self._durable = durable
        self._lock: IO[str] | None = None
        self._connection: sqlite3.Connection | None = None
        self._writer: sqlite3.Connection | None = None
        self._run = 0
        self.replaced = 0  # reviews whose text changed under the same id in `register`

    def __enter__(self) -> Store:
        with mending(self.path):
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = take_lock(self.folder)
            try:
                self._connection = connect(self.path, self._durable)
            except BaseException:
                self._lock.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._connection is not None:
            self._connection.close()
        if self._lock is not None:
            # The file stays: removing it would let two processes hold a lock at once.
            self._lock.truncate(0)
            self._lock.close()

    @classmethod
    @contextmanager
    def beside(cls, folder: Path) -> Iterator[Store]:
        """The store, for reading while another process writes. Raises UserError if there is none."""
        store = cls(folder)
        with mending(store.path), closing(open_to_read(folder)) as store._connection:
            yield store

    @property
    def connection(self) -> sqlite3.Connection:
        """The writer's connection; open within the context."""
        assert self._connection is not None, "use `with Store(...)`"
        return self._connection

    def register(
        self, reviews: Iterable[Review], asks: Iterable[Ask], fingerprint: str, config: dict[str, Any], free: bool
    ) -> tuple[int, list[Ask]]:
        """Begin a run: its reviews, its asks and their requests, in one transaction.

        Returns the run's number and the asks with their rows. `fingerprint` identifies the input and the asks: if the
        last run had the same, the reviews are not read. Errors in `reviews` roll everything back.
        """
        db = self.connection
        with self._transaction(db):
            last = db.execute("SELECT id, fingerprint, asks FROM runs ORDER BY id DESC LIMIT 1").fetchone()
            kept = [self._ask(ask) for ask in asks]
            if last is not None and last[1] == fingerprint:
                db.execute("UPDATE runs SET config = ?, free = ? WHERE id = ?", (canonical(config), free, last[0]))
                return int(last[0]), kept
            self._run = run = int(last[0]) + 1 if last is not None else 1
            count = self._insert(reviews, kept, run)
            db.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)",
                (run, fingerprint, ",".join(str(a.id) for a in kept), canonical(config), count, free, now()),
            )
            return run, kept

    @contextmanager
    def _transaction(self, db: sqlite3.Connection) -> Iterator[None]:
        """Commit the block, or roll it back on an error."""
        with mending(self.path):
            db.execute("BEGIN IMMEDIATE")
            try:
                yield
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def seen(self, name: str, text: str) -> bool | None:
        """Whether a review of this id came earlier in the run that is being registered (a `reviews.Seen`)."""
        if not self._run:  # the first review is read before the run begins
            return None
        row = self.connection.execute(
            "SELECT t.text FROM reviews v JOIN texts t ON t.id = v.text WHERE v.id = ? AND v.run = ?",
            (clean(name), self._run),
        ).fetchone()
        return None if row is None else bool(row[0] == clean(text))

    def _ask(self, ask: Ask) -> Ask:
        values = (ask.kind, ask.prompt_version, ask.model, ask.settings)
        self.connection.execute(
            "INSERT INTO asks (kind, prompt_version, model, settings) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            values,
        )
        row = self.connection.execute(
            "SELECT id FROM asks WHERE (kind, prompt_version, model, settings) = (?, ?, ?, ?)", values
        ).fetchone()
        return Ask(*values, id=int(row[0]))

    def _insert(self, reviews: Iterable[Review], asks: list[Ask], run: int) -> int:
        db, count = self.connection, 0
        for review in reviews:
            text = clean(review.text)
            sha = hashlib.sha256(text.encode()).digest()
            row = db.execute("SELECT id FROM texts WHERE sha = ?", (sha,)).fetchone()
            number = (
                int(row[0])
                if row is not None
                else db.execute("INSERT INTO texts (sha, text) VALUES (?, ?)", (sha, text)).lastrowid
            )
            known = db.execute("SELECT text FROM reviews WHERE id = ?", (clean(review.id),)).fetchone()
            self.replaced += known is not None and known[0] != number
            db.execute(
                "INSERT INTO reviews (id, text, domain, rating, run, position) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO UPDATE SET text = excluded.text, domain = excluded.domain, "
                "rating = excluded.rating, run = excluded.run, position = excluded.position",
                (clean(review.id), number, review.domain, review.rating, run, count),
            )
            for ask in asks:
                db.execute(
                    "INSERT INTO requests (text, ask, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    (number, ask.id, request_key(text, ask)),
                )
            count += 1
        return count

    def save(self, outcomes: Iterable[Outcome]) -> None:
        """Write answers in one transaction. After it returns, they survive a crash."""
        self._save(self.connection, outcomes)

    def save_apart(self, outcomes: Iterable[Outcome]) -> None:
        """`save` for one other thread, with its own connection. `close_writer` closes it, in the same thread."""
        if self._writer is None:
            with mending(self.path):
                self._writer = connect(self.path, self._durable)
        self._save(self._writer, outcomes)

    def close_writer(self) -> None:
        """Close the connection of `save_apart`, in the same thread."""
        if self._writer is not None:
            with mending(self.path):
                self._writer.close()
            self._writer = None

    def _save(self, db: sqlite3.Connection, outcomes: Iterable[Outcome]) -> None:
        with self._transaction(db):
            db.executemany(SAVE, [self._row(outcome) for outcome in outcomes])

    @staticmethod
    def _row(o: Outcome) -> tuple[Any, ...]:
        raw = None if o.raw is None or o.raw == o.text else clean(o.raw)
        text = None if o.text is None else clean(o.text)
        return (
            o.request, o.status, text, raw, None if o.reason is None else clean(o.reason), o.finish_reason,
            o.tokens_in, o.tokens_out, o.thinking, o.attempts, o.spent_in, o.spent_out, o.cost, o.model,
            o.prompt_version, o.created or now(), o.distribution, o.left_out,
        )  # fmt: skip


SAVE = """
INSERT INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (request) DO UPDATE SET status = excluded.status, text = excluded.text, raw = excluded.raw,
    reason = excluded.reason, finish_reason = excluded.finish_reason, tokens_in = excluded.tokens_in,
    tokens_out = excluded.tokens_out, thinking = thinking + excluded.thinking, attempts = attempts + excluded.attempts,
    spent_in = spent_in + excluded.spent_in, spent_out = spent_out + excluded.spent_out,
    cost = CASE WHEN cost IS NULL AND excluded.cost IS NULL THEN NULL
           ELSE coalesce(cost, 0) + coalesce(excluded.cost, 0) END,
    model = excluded.model, prompt_version = excluded.prompt_version, created = excluded.created,
    distribution = excluded.distribution, left_out = excluded.left_out
"""
