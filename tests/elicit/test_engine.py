"""The engine from reviews to hand-off: against a real endpoint, really killed, really interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.call import Call
from aspectra.elicit.engine import Done, elicit
from aspectra.elicit.status import status
from aspectra.errors import AspectraError, UserError

Settings = Callable[..., ElicitConfig]
Write = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, Any]]]
COLUMNS = [
    "review_id", "review", "kind", "prompt_version", "model", "settings", "text", "finish_reason", "tokens_in",
    "tokens_out", "status", "reason", "attempts", "created",
]  # fmt: skip


def counted(counts: dict[str, Any]) -> tuple[int, int, int, int, int]:
    return tuple(counts[name] for name in ("done", "rejected", "failed", "absent", "pending"))


def test_every_kind_of_every_review_is_asked_for_stored_and_handed_on(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    reviews, out = write_reviews("Pool is lovely.", "Soup is cold."), tmp_path / "out"
    config = settings(kinds=("analysis", "rewriting", "extraction"), price_in=1.0, price_out=2.0, extra_body={"k": 1})
    counts = elicit(reviews, config, out)
    assert counted(counts) == (6, 0, 0, 0, 0)
    assert (counts["tokens_in"], counts["tokens_out"]) == (600, 120)
    assert counts["cost_usd"] == pytest.approx(600e-6 + 240e-6)
    handed = rows(out)
    assert list(handed[0]) == COLUMNS
    assert [(row["review_id"], row["kind"]) for row in handed] == [
        (review, kind) for review in ("r1", "r2") for kind in ("analysis", "rewriting", "extraction")
    ]
    first = handed[0]
    assert first["text"].startswith('Opinion Target 1: "Pool"')
    assert (first["prompt_version"], first["model"], first["status"], first["attempts"]) == ("v1", "m", "done", 1)
    assert json.loads(first["settings"]) == {"extra_body": {"k": 1}, "max_tokens": 512, "seed": 0, "temperature": 0.0}
    made = json.loads((out / "manifest.json").read_text())
    assert made["figures"] == counts
    assert list(made["outputs"]) == ["responses.parquet", "reviews.parquet"]
    assert sorted(file.name for file in out.iterdir() if not file.name.startswith(".")) == [
        "manifest.json", "responses.parquet", "responses.sqlite", "reviews.parquet",
    ]  # fmt: skip


def test_a_second_run_asks_nothing_and_writes_nothing(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews("Pool.", "Soup."), tmp_path / "out"
    elicit(reviews, settings(), out)
    before = {file.name: file.stat().st_mtime_ns for file in out.iterdir() if not file.name.startswith(".")}
    assert counted(elicit(reviews, settings(), out)) == (2, 0, 0, 0, 0)
    after = {file.name: file.stat().st_mtime_ns for file in out.iterdir() if not file.name.startswith(".")}
    assert {name for name in before if before[name] != after[name]} <= {"responses.sqlite"}
    assert len(endpoint.requests) == 2
    more = write_reviews("Pool.", "Soup.", "Bed.")
    assert counted(elicit(more, settings(kinds=("analysis", "rewriting")), out)) == (6, 0, 0, 0, 0)
    assert len(endpoint.requests) == 2 + 4, "only what is new was asked"


def test_two_reviews_of_the_same_words_are_asked_about_once(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    out = tmp_path / "out"
    assert counted(elicit(write_reviews("Pool.", "Soup.", "Pool."), settings(), out)) == (3, 0, 0, 0, 0)
    assert sorted(endpoint.reviews()) == ["Pool.", "Soup."]
    assert [(row["review_id"], row["review"]) for row in rows(out)] == [
        ("r1", "Pool."),
        ("r2", "Soup."),
        ("r3", "Pool."),
    ]


def test_requests_in_flight_are_as_many_as_wanted_and_no_more(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    full = threading.Barrier(4)
    inner = endpoint.answer

    def meet(request: Any) -> Any:
        full.wait(10)  # passes only when four are in flight together
        return inner(request)

    endpoint.answer = meet
    counts = elicit(write_reviews(*(f"Text {n}." for n in range(12))), settings(concurrency=4), tmp_path / "out")
    assert counted(counts) == (12, 0, 0, 0, 0)
    assert endpoint.most_in_flight == 4


def test_a_row_that_cannot_be_had_fails_alone_and_a_rerun_tries_it_again(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any, rows: Rows
) -> None:
    reviews, out = write_reviews("Pool.", "Broken.", "Soup."), tmp_path / "out"
    good = endpoint.answer
    endpoint.answer = lambda r: (
        answer(status=500, headers={"Retry-After": "0"}, body={"error": {"message": "boom"}})
        if "Broken" in str(r)
        else good(r)
    )
    with pytest.raises(AspectraError, match="1 answers failed, most often: 500: boom") as error:
        elicit(reviews, settings(), out)
    assert error.value.exit_code == 1
    assert [(row["status"], row["reason"]) for row in rows(out)] == [
        ("done", None), ("failed", "500: boom"), ("done", None),
    ]  # fmt: skip
    endpoint.answer = good
    endpoint.requests.clear()
    assert counted(elicit(reviews, settings(), out)) == (3, 0, 0, 0, 0)
    assert endpoint.reviews() == ["Broken."]
    assert rows(out)[1]["attempts"] == 2


def test_rejected_answers_are_kept_with_their_reason_and_asked_again_only_when_wanted(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any, rows: Rows
) -> None:
    reviews, out = write_reviews("Pool."), tmp_path / "out"
    good = endpoint.answer
    endpoint.answer = lambda request: answer("I'm sorry, but I can't assist with that.")
    assert counted(elicit(reviews, settings(), out)) == (0, 1, 0, 0, 0)
    row = rows(out)[0]
    assert (row["status"], row["reason"]) == ("rejected", "refused")
    assert row["text"].startswith("I'm sorry")
    endpoint.answer = good
    assert counted(elicit(reviews, settings(), out)) == (0, 1, 0, 0, 0)
    assert counted(elicit(reviews, settings(retry_rejected=True), out)) == (1, 0, 0, 0, 0)
    assert len(endpoint.requests) == 2


def test_several_attempts_are_made_until_one_is_valid_and_all_are_paid_for(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any, rows: Rows
) -> None:
    good = endpoint.answer
    endpoint.answer = lambda request: answer("") if request["seed"] < 2 else good(request)
    counts = elicit(write_reviews("Pool."), settings(attempts=5), tmp_path / "out")
    assert counted(counts) == (1, 0, 0, 0, 0)
    assert [request["seed"] for request in endpoint.requests] == [0, 1, 2]
    assert (counts["tokens_in"], rows(tmp_path / "out")[0]["tokens_in"]) == (300, 100)


def test_thinking_is_taken_off_and_the_raw_answer_kept(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any, rows: Rows
) -> None:
    import sqlite3

    endpoint.answer = lambda request: answer("<think>hm hm</think>I love it.")
    elicit(write_reviews("Pool."), settings(kinds=("rewriting",)), tmp_path / "out")
    assert rows(tmp_path / "out")[0]["text"] == "I love it."
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["thinking_characters"] == 5
    with sqlite3.connect(tmp_path / "out" / "responses.sqlite") as db:
        assert db.execute("SELECT raw, thinking FROM responses").fetchone() == ("<think>hm hm</think>I love it.", 5)


def test_the_cost_stays_below_the_most_that_is_allowed_and_a_higher_one_goes_on(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews, out = write_reviews(*(f"Text {n}." for n in range(30))), tmp_path / "out"
    prices = {"price_in": 1.0, "price_out": 1.0, "max_tokens": 20}  # 120 tokens an answer
    counts = elicit(reviews, settings(max_cost=0.002, **prices), out)
    assert counts["cost_usd"] <= 0.002
    assert 0 < counts["done"] < 30
    assert counts["done"] == len(endpoint.requests)
    assert "stopped before --max-cost $0.002" in capsys.readouterr().err
    assert elicit(reviews, settings(max_cost=1.0, **prices), out)["done"] == 30
    assert len(endpoint.requests) == 30
    with pytest.raises(UserError, match="--max-cost needs the prices"):
        elicit(reviews, settings(max_cost=1.0), out)


def test_limit_takes_the_first_reviews_and_a_later_run_the_rest(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews("Pool.", "Soup.", "Bed."), tmp_path / "out"
    assert counted(elicit(reviews, settings(limit=2), out)) == (2, 0, 0, 0, 0)
    assert counted(elicit(reviews, settings(), out)) == (3, 0, 0, 0, 0)
    assert len(endpoint.requests) == 3


def test_other_reviews_under_the_same_ids_are_told_of(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    elicit(write_reviews("Pool.", "Soup."), settings(), out)
    elicit(write_reviews("Pool.", "Soup.", "Bed."), settings(), out)
    assert "another text" not in capsys.readouterr().err
    elicit(write_reviews("Pool.", "Keyboard."), settings(), out)
    assert "1 reviews had another text under the same id" in capsys.readouterr().err


def test_input_that_can_be_mended_leaves_nothing_behind(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, nowhere: str, answer: Any
) -> None:
    reviews, out = write_reviews("Pool.", "Soup."), tmp_path / "out"
    torn = tmp_path / "torn.jsonl"
    torn.write_text('{"id": "a", "text": "x"}\n{"id": ', encoding="utf-8")
    refusing = settings()
    endpoint.answer = lambda request: answer(status=401, body={})
    cases = [
        (torn, settings(), "line 2"),
        (tmp_path / "gone.csv", settings(), "no file of reviews"),
        (tmp_path, settings(), "is a folder; name a file"),
        (reviews, settings(base_url=nowhere, retries=0), "no endpoint answers.*is the server running"),
        (reviews, refusing, "refused a request without a key"),
        (reviews, settings(prompts={"analysis": "v9"}), "unknown version"),
        (reviews, settings(kinds=("analysis", "analysis")), "each kind once"),
        (reviews, settings(kinds=("extraction",), task="acsa"), "needs its categories"),
        (reviews, settings(demonstrations=str(tmp_path / "gone")), "no demonstrations file"),
    ]
    for path, config, told in cases:
        with pytest.raises(UserError, match=told):
            elicit(path, config, out)
        assert not out.exists(), told


def test_answers_that_a_cluster_wrote_outlast_a_first_run_that_broke(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"

    def broken(call: Call, *_: Any) -> Done:
        (call.out / "shards").mkdir()
        (call.out / "shards" / "paid.parquet").write_bytes(b"answers")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elicit(write_reviews("Pool."), settings(), out, ask=broken)
    assert (out / "responses.sqlite").exists()
    assert elicit(write_reviews("Pool."), settings(), out)["done"] == 1, "the same command goes on"
    assert (out / "shards" / "paid.parquet").exists()


def test_a_folder_that_holds_something_else_is_left_alone(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="has other files"):
        elicit(write_reviews("Pool."), settings(), out)
    with pytest.raises(UserError, match="is a file"):
        elicit(write_reviews("Pool."), settings(), out / "thesis.txt")
    assert [file.name for file in out.iterdir()] == ["thesis.txt"]


def test_the_key_is_in_no_file(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    url = endpoint.url.replace("http://", "http://me:hidden-word@")
    out = tmp_path / "out"
    elicit(write_reviews("Pool."), settings(base_url=url), out)
    for file in out.iterdir():
        data = file.read_bytes()
        assert b"sk-very-secret" not in data, file
        assert b"hidden-word" not in data, file


def start(reviews: Path, url: str, out: Path) -> subprocess.Popen[str]:
    """The command itself in a process of its own."""
    command = [sys.executable, "-m", "aspectra", "elicit", str(reviews), "--model", "m", "--base-url", url]
    command += ["--kinds", "analysis", "--concurrency", "3", "--out", str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Gate:
    """Lets the first `free` requests through and holds the others until it is opened."""

    def __init__(self, endpoint: Any, free: int, holding: int) -> None:
        self.opened, self.full = threading.Event(), threading.Event()
        self.endpoint, self.inner, self.free, self.holding = endpoint, endpoint.answer, free, holding
        endpoint.answer = self

    def __call__(self, request: Any) -> Any:
        with self.endpoint.lock:
            number = len(self.endpoint.requests)
        if number > self.free:
            if number >= self.free + self.holding:
                self.full.set()
            self.opened.wait(30)
        return self.inner(request)


def test_a_killed_run_goes_on_and_asks_nothing_twice_that_was_stored(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    reviews, out = write_reviews(*(f"Text{n} is fine." for n in range(20))), tmp_path / "out"
    gate = Gate(endpoint, free=7, holding=3)
    process = start(reviews, endpoint.url, out)
    assert gate.full.wait(60), "seven answers were given and three are held back"
    during = status(out)
    assert (during["done"], during["pending"]) == (7, 13), "--status tells while the run is on"
    process.kill()
    process.wait()
    gate.opened.set()
    stored = {row[1]: row[2] for row in _stored(out)}
    endpoint.requests.clear()
    assert counted(elicit(reviews, settings(), out)) == (20, 0, 0, 0, 0)
    assert len(endpoint.requests) == 13, "what was stored was not asked for again"
    assert {text: created for _, text, created in _stored(out) if text in stored} == stored
    assert [row["review_id"] for row in rows(out)] == [f"r{n}" for n in range(1, 21)]


def _stored(out: Path) -> list[tuple[int, str, str]]:
    import sqlite3

    with sqlite3.connect(out / "responses.sqlite") as db:
        return db.execute("SELECT request, text, created FROM responses").fetchall()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_stores_what_is_in_flight_and_says_how_to_go_on(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows, number: signal.Signals
) -> None:
    reviews, out = write_reviews(*(f"Text{n} is fine." for n in range(20))), tmp_path / "out"
    gate = Gate(endpoint, free=4, holding=3)
    process = start(reviews, endpoint.url, out)
    assert gate.full.wait(60)
    process.send_signal(number)
    assert process.stderr is not None
    assert "stopping after the answers in flight are stored" in process.stderr.readline()
    gate.opened.set()
    _, talk = process.communicate(timeout=60)
    assert process.returncode == 130
    assert talk.splitlines() == [
        "13 answers are pending",
        "aspectra: error: interrupted; run the same command to go on from here",
    ]
    assert len(rows(out)) == 7, "the hand-off has what there is"
    assert not (out / "manifest.json").exists(), "but it does not count as complete"
    assert counted(elicit(reviews, settings(), out)) == (20, 0, 0, 0, 0)
    assert len(endpoint.requests) == 20


@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_review_whose_connection_is_always_dropped_costs_itself_alone(
    endpoint: Any,
    settings: Settings,
    write_reviews: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    concurrency: int,
) -> None:
    good = endpoint.answer

    def answer(request: dict[str, Any]) -> Any:
        if "Poison" in request["messages"][-1]["content"]:
            raise ConnectionAbortedError  # the server drops the connection
        return good(request)

    monkeypatch.setattr("aspectra.elicit.pace.PAUSE", 0.001)
    endpoint.answer = answer
    reviews = write_reviews("Poison.", *(f"Pool {n}." for n in range(5)))
    for _ in range(2):  # the second time nothing else is left to ask
        counts = elicit(reviews, settings(concurrency=concurrency), tmp_path / "out", allow_failed=True)
        assert (counts["done"], counts["failed"]) == (5, 1)
