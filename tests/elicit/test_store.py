"""The store: one writer, nothing asked twice, nothing half-written. Real SQLite files throughout."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aspectra.elicit import handoff, queue, status
from aspectra.elicit.database import MIGRATIONS, NAME
from aspectra.elicit.store import Ask, Outcome, Store, request_key
from aspectra.errors import AspectraError, UserError
from aspectra.reviews import read_reviews
from aspectra.schema import Review

ASKS = [Ask("analysis", "v1", "m", "{}"), Ask("rewriting", "v1", "m", "{}")]
REVIEWS = [Review("a", "Lovely pool.", "hotel", 5.0), Review("b", "Cold soup."), Review("c", "Lovely pool.")]


def begin(store: Store, reviews: list[Review] = REVIEWS, fingerprint: str = "one") -> tuple[int, list[Ask]]:
    return store.register(reviews, ASKS, fingerprint, {}, free=False)


def answer_all(store: Store, run: int, asks: list[Ask], state: str = "done") -> int:
    found = list(queue.pending(store, run, asks))
    store.save([Outcome(p.request, state, text=p.text.upper(), attempts=1, spent_in=10, cost=0.5) for p in found])
    return len(found)


def test_the_same_run_does_not_read_its_reviews_again_and_another_replaces_it(tmp_path: Path) -> None:
    def never() -> Iterator[Review]:
        raise AssertionError("the reviews were read again")
        yield

    with Store(tmp_path) as store:
        run, asks = begin(store)
        answer_all(store, run, asks)
        assert store.register(never(), ASKS, "one", {}, free=False)[0] == run
        begin(store, [Review("d", "New."), Review("a", "Edited.")], "two")
    counts = status.status(tmp_path)
    assert (counts["done"], counts["pending"]) == (0, 4), "only the last run's pairs are counted"
    kept = {(r.review_id, r.text) for r in handoff.responses(tmp_path)}
    assert kept == {("b", "COLD SOUP."), ("c", "LOVELY POOL.")}, "an edited review has lost its old answers"


def test_ids_of_a_file_are_checked_against_what_is_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "reviews.jsonl"

    def register(*rows: tuple[str, str]) -> list[str]:
        file.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in rows))
        with Store(tmp_path / "out") as store:
            read = read_reviews(file, seen=store.seen)
            run, _ = store.register(read, ASKS, str(rows), {}, free=False)
            found = store.connection.execute("SELECT id FROM reviews WHERE run = ? ORDER BY position", (run,))
            return [row[0] for row in found]

    first = ("a", "Pool."), ("b", "Soup."), ("a", "Pool.")
    assert register(*first) == ["a", "b"], "the same row once more is passed over"
    assert register(*first, ("c", "Bed.")) == ["a", "b", "c"], "an earlier run's ids are no matter"
    assert register(("a", "Pool."), ("b", "Soup."), ("b", "Bed.")) == ["a", "b", "b:row-3"], "no review is lost"


def test_a_store_of_the_first_schema_goes_on(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / NAME) as db:
        db.executescript(MIGRATIONS[0] + "; PRAGMA user_version = 1")
        ask = Ask("analysis", "v1", "m", "{}")
        db.execute("INSERT INTO asks VALUES (1, 'analysis', 'v1', 'm', '{}')")
        for number, state in enumerate(("done", "failed", "rejected", None), 1):
            text = f"text {number}"
            db.execute("INSERT INTO texts VALUES (?, ?, ?)", (number, hashlib.sha256(text.encode()).digest(), text))
            db.execute("INSERT INTO reviews VALUES (?, ?, ?, NULL, NULL, 1, ?)", (number, str(number), number, number))
            db.execute("INSERT INTO requests VALUES (?, ?, 1, ?)", (number, number, request_key(text, ask)))
            if state is not None:
                values = (number, state, "old", 1, "2026-01-01T00:00:00+00:00")
                db.execute(
                    "INSERT INTO responses (request, status, text, thinking, attempts, spent_in, spent_out, created) "
                    "VALUES (?, ?, ?, 0, ?, 0, 0, ?)",
                    values,
                )
        db.execute("INSERT INTO runs VALUES (1, 'one', '1', '{}', 4, 0, '')")
    db.close()
    assert [(r.text, r.distribution) for r in handoff.responses(tmp_path)] == [("old", None)] * 3, "read as it is"
    counts = status.status(tmp_path)
    assert [counts[name] for name in ("done", "failed", "rejected", "pending")] == [1, 1, 1, 1], "read as it is"
    with Store(tmp_path) as store:
        run, asks = store.register([], [ask], "one", {}, free=False)
        assert [p.text for p in queue.pending(store, run, asks)] == ["text 2", "text 4"]
        assert queue.left(store, run, asks, retry_rejected=True) == 3
        store.save([Outcome(p.request, "done", text="new", attempts=1) for p in queue.pending(store, run, asks)])
        assert queue.left(store, run, asks) == 0
    assert status.status(tmp_path)["done"] == 3


def test_a_bad_review_undoes_the_registration(tmp_path: Path) -> None:
    def torn() -> Iterator[Review]:
        yield REVIEWS[0]
        raise UserError("line 2: torn")

    with Store(tmp_path) as store:
        with pytest.raises(UserError, match="torn"):
            store.register(torn(), ASKS, "one", {}, free=False)
        for table in ("texts", "reviews", "requests", "runs", "asks"):
            assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_the_identity_of_a_request_is_all_that_decides_its_answer() -> None:
    base = ("text", Ask("analysis", "v1", "m", "{}"))
    others = [
        ("text.", base[1]), ("text", Ask("rewriting", "v1", "m", "{}")), ("text", Ask("analysis", "v2", "m", "{}")),
        ("text", Ask("analysis", "v1", "n", "{}")), ("text", Ask("analysis", "v1", "m", '{"seed":1}')),
    ]  # fmt: skip
    assert request_key(*base) == request_key("text", Ask("analysis", "v1", "m", "{}", id=7))
    assert len({request_key(*each) for each in [base, *others]}) == 6
    assert len(request_key("\ud800", base[1])) == 32


def test_a_second_writer_is_refused_with_the_pid_of_the_first_and_a_dead_one_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from aspectra.elicit.store import Store\n"
        "with Store(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "held\n"
    with pytest.raises(UserError, match=rf"another run \(process {first.pid}\) is writing"):
        Store(tmp_path).__enter__()
    first.kill()
    first.wait()
    with Store(tmp_path) as store:
        assert begin(store)[0] == 1


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store)
        answer_all(store, run, asks)
        pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
        store.connection.execute(f"PRAGMA max_page_count = {pages}")  # what SQLite does where a disk is full
        with pytest.raises(AspectraError, match="the disk is full") as error:
            begin(store, [Review(str(n), "x" * 500 + str(n)) for n in range(200)], "two")
        assert error.value.exit_code == 2
    assert status.status(tmp_path)["done"] == 6


def test_what_is_no_store_or_a_newer_one_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"has no responses.sqlite"):
        status.status(tmp_path)
    (tmp_path / NAME).write_bytes(b"no database at all" * 100)
    with pytest.raises(UserError, match="damaged"):
        Store(tmp_path).__enter__()
    with pytest.raises(UserError, match="cannot read"):
        status.status(tmp_path)
    other = tmp_path / "newer"
    other.mkdir()
    with sqlite3.connect(other / NAME) as db:
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(UserError, match="newer Aspectra"):
        Store(other).__enter__()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot write"):
        Store(tmp_path / "file" / "out").__enter__()


def test_text_that_utf8_cannot_hold_is_stored_with_a_replacement(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        run, asks = begin(store, [Review("\udcff", "bad \ud800 surrogate \x00")])
        store.save(
            [
                Outcome(p.request, "done", text="\ud800", raw="\ud801", attempts=1)
                for p in queue.pending(store, run, asks)
            ]
        )
    row = next(handoff.responses(tmp_path))
    assert (row.review_id, row.review, row.text) == ("?", "bad ? surrogate \x00", "?")
