"""Elicitation against an endpoint that rate-limits, stalls, lies and dies (`tests/faults.py`)."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.faults import LIES, PASSING, Endpoint, Faults, serving

from aspectra.config import ElicitConfig
from aspectra.elicit import pace
from aspectra.elicit.engine import elicit
from aspectra.elicit.status import status
from aspectra.errors import AspectraError, UserError

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key, and pauses of milliseconds."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setattr(pace, "PAUSE", 0.005)
    monkeypatch.setattr(pace, "LONGEST", 0.05)


@pytest.fixture
def server() -> Iterator[Endpoint]:
    with serving() as endpoint:
        yield endpoint


def settings(endpoint: Endpoint, **changes: Any) -> ElicitConfig:
    usual = {"model": "m", "base_url": endpoint.url, "kinds": ("analysis",)}
    return ElicitConfig(**{**usual, **changes})


def texts(number: int) -> list[str]:
    return [f"Text{n} is fine." for n in range(number)]


def stored(out: Path) -> dict[str, tuple[str, str | None]]:
    """Status and reason by review; fails where a review was stored twice."""
    with sqlite3.connect(out / "responses.sqlite") as db:
        rows = db.execute(
            "SELECT t.text, r.status, r.reason FROM responses r JOIN requests q ON q.id = r.request "
            "JOIN texts t ON t.id = q.text"
        ).fetchall()
    found = {text: (state, reason) for text, state, reason in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_costs_one_more_request(
    fault: str, server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    timeout = 0.4 if fault in ("stall", "drip") else 30.0
    server.faults.stall, server.faults.burst = 1.0, 3
    server.faults.kinds, server.faults.share, server.faults.seed = (fault,), 0.5, 3
    counts = elicit(write_reviews(*texts(8)), settings(server, retries=40, timeout=timeout), tmp_path / "out")
    assert (counts["done"], counts["failed"]) == (8, 0)
    if fault == "slow":
        assert server.requests() == 8, "slow, but in time"
    else:
        assert server.requests() > 8, "some met it"


def test_reasoning_that_fills_the_answer_is_told_with_what_to_raise(
    server: Endpoint, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.down = "reasoning"
    out = tmp_path / "out"
    assert elicit(write_reviews(*texts(3)), settings(server, max_tokens=64), out)["rejected"] == 3
    assert set(stored(out).values()) == {("rejected", "truncated in its reasoning")}
    said = capsys.readouterr().err
    assert said.count("cut off at --max-tokens 64 during its reasoning: raise --max-tokens") == 1


def test_what_a_torn_answer_took_counts_against_the_budget(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.faults.always = {"Bad": "torn"}
    out = tmp_path / "out"
    config = settings(server, retries=2, price_in=1.0, price_out=1.0)
    counts = elicit(write_reviews("Bad text.", "Good text."), config, out, allow_failed=True)
    assert (counts["done"], counts["failed"], counts["tokens_in"]) == (1, 1, 400), "three tries and an answer"
    assert counts["cost_usd"] == pytest.approx(4 * 120 / 1e6)
    assert stored(out)["Bad text."] == ("failed", "the answer broke off (finish_reason: error)")
    poor = settings(server, max_cost=0.0006, price_in=1, price_out=1)
    last = elicit(write_reviews("Bad text."), poor, out, allow_failed=True)
    assert last["pending"] + last["failed"] == 1 and server.requests() == 4, "what was spent leaves nothing for it"


@pytest.mark.parametrize(
    ("lie", "reason"),
    [("length", "truncated"), ("content_filter", "filtered"), ("nonsense", "refused"), ("no-content", "empty")],
)
def test_an_answer_of_no_use_is_asked_again_with_another_seed_and_then_rejected(
    lie: str, reason: str, server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.faults.always = {"Bad": lie}
    out = tmp_path / "out"
    counts = elicit(write_reviews("Bad text.", "Good text."), settings(server, attempts=3), out)
    assert (counts["done"], counts["rejected"]) == (1, 1)
    assert server.asked == {"Bad text.": 3, "Good text.": 1}
    assert stored(out)["Bad text."] == ("rejected", reason)


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("401", UserError, "refused a request without a key"),
        ("404", UserError, "has no model 'm'"),
        ("402", AspectraError, "the account has no credit left"),
        ("quota", AspectraError, "the account has no credit left"),
    ],
)
def test_what_every_row_would_meet_stops_the_run_at_once_and_marks_nothing_failed(
    fault: str, error: type[AspectraError], told: str, server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews(*texts(60)), tmp_path / "out"
    elicit(reviews, settings(server, limit=5), out)
    server.down = fault
    with pytest.raises(error, match=told):
        elicit(reviews, settings(server, concurrency=4), out)
    assert server.requests() <= 5 + 4, "those in flight, and no more"
    counts = status(out)
    assert (counts["done"], counts["failed"], counts["pending"]) == (5, 0, 55)
    server.down = ""
    assert elicit(reviews, settings(server), out)["done"] == 60


def test_an_earlier_answer_of_a_row_is_kept_when_the_money_ends(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out = write_reviews("Bad text."), tmp_path / "out"
    server.faults.always = {"Bad": "nonsense"}
    kept = server.choose

    def poor(review: str, prompt: str, nth: int) -> str:
        return "quota" if nth == 2 else kept(review, prompt, nth)

    server.choose = poor  # type: ignore[method-assign]
    with pytest.raises(AspectraError, match="no credit left"):
        elicit(reviews, settings(server, attempts=3, price_in=1.0, price_out=1.0), out)
    counts = status(out)
    assert (counts["rejected"], counts["tokens_in"]) == (1, 100), "it was paid for"


def test_a_row_that_always_fails_fails_alone_and_in_time(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.faults.always = {"Poison": "500", "Slow": "stall"}
    server.faults.stall = 2.0
    out = tmp_path / "out"
    reviews = write_reviews("Poison pill.", "Slow pill.", *texts(20))
    counts = elicit(reviews, settings(server, retries=4, timeout=0.5, row_timeout=1.2), out, allow_failed=True)
    assert (counts["done"], counts["failed"]) == (20, 2)
    assert stored(out)["Poison pill."] == ("failed", "500: internal error")
    assert stored(out)["Slow pill."][1] == "no answer in 1.2 s (--row-timeout); last error: no answer within 0.5 s"
    assert server.asked["Poison pill."] == 5
    assert 2 <= server.asked["Slow pill."] <= 3


def test_an_endpoint_that_is_down_for_a_while_is_waited_for(
    server: Endpoint, write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews, out = write_reviews(*texts(300)), tmp_path / "out"
    server.faults.latency = 0.01

    def outage() -> None:
        while server.requests() < 100:
            time.sleep(0.005)
        server.down = "502"
        time.sleep(1)
        server.down = ""

    thread = threading.Thread(target=outage)
    thread.start()
    counts = elicit(reviews, settings(server, concurrency=16), out)
    thread.join()
    assert (counts["done"], counts["failed"]) == (300, 0)
    # 16 were in flight; then one at a time, at most every 0.025 s.
    assert server.done["502"] <= 16 + 1 / 0.025 + 5
    told = capsys.readouterr().err
    assert (
        "the endpoint is down or overloaded (502: bad gateway): sending one request at a time for up to 600 s" in told
    )
    assert "the endpoint answers again after" in told


def test_an_endpoint_that_is_gone_is_waited_for_and_given_up_with_a_line(
    write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews, out = write_reviews(*texts(200)), tmp_path / "out"
    with serving(Faults(latency=0.02)) as endpoint:
        config = settings(endpoint, concurrency=2, patience=1.0)

        def leave() -> None:
            while endpoint.requests() < 20:
                time.sleep(0.005)
            endpoint.leave()

        thread = threading.Thread(target=leave)
        thread.start()
        began = time.monotonic()
        with pytest.raises(
            AspectraError, match=r"is down: it gave no useful answer for 1 s .*no connection.* to go on when it is back"
        ):
            elicit(reviews, config, out)
        assert 1 <= time.monotonic() - began < 30
        thread.join()
        before = status(out)
        assert before["failed"] == 0
        assert 15 <= before["done"] < 30

        # The same, but it comes back while it is waited for.
        def come_back() -> None:
            time.sleep(0.4)
            with serving(port=endpoint.port) as again:
                back.append(again)
                over.wait(30)

        back: list[Endpoint] = []
        over = threading.Event()
        thread = threading.Thread(target=come_back)
        thread.start()
        # Nothing was heard by this run: it would know in a second; so let it begin when the other is there.
        while not back:
            assert thread.is_alive(), "the port was taken by somebody else meanwhile"
            time.sleep(0.01)
        assert elicit(reviews, config, out)["done"] == 200
        over.set()
        thread.join()
        assert back[0].requests() == 200 - before["done"]


def test_requests_in_flight_shrink_where_the_endpoint_takes_only_a_few(
    server: Endpoint, write_reviews: Write, tmp_path: Path
) -> None:
    server.faults.latency = 0.02
    choose = server.choose

    def few(review: str, prompt: str, nth: int) -> str:
        return "429" if server.in_flight > 4 else choose(review, prompt, nth)

    server.choose = few  # type: ignore[method-assign]
    counts = elicit(write_reviews(*texts(400)), settings(server, concurrency=64, retries=20), tmp_path / "out")
    assert counts["done"] == 400
    assert server.done["429"] < 400, "a fixed 64 in flight would meet fifteen refusals an answer"


def test_requests_a_minute_are_kept_to(server: Endpoint, write_reviews: Write, tmp_path: Path) -> None:
    began = time.monotonic()
    counts = elicit(write_reviews(*texts(30)), settings(server, rpm=600, concurrency=30), tmp_path / "out")
    assert counts["done"] == 30
    for number, at in enumerate(server.arrivals):
        assert number <= 10 + 10 * (at - began), "ten at once, then ten a second"


@pytest.mark.parametrize("number", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_rows_through_mixed_faults_are_each_accounted_for(
    number: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    reviews, out = tmp_path / "reviews.jsonl", tmp_path / "out"
    lines = [json.dumps({"id": str(n), "text": text}) for n, text in enumerate(texts(number))]
    reviews.write_text("\n".join(lines), encoding="utf-8")
    kinds = (*PASSING, *LIES)
    with serving(Faults(share=0.3, kinds=kinds, seed=7, stall=1.5, after=0.01)) as endpoint:
        config = settings(endpoint, concurrency=64, attempts=3, timeout=1.0)
        counts = elicit(reviews, config, out, allow_failed=True)
        made = endpoint.requests()
        assert set(endpoint.asked) == set(texts(number)), "none was forgotten"
        assert set(endpoint.done) >= set(kinds) - {"burst"}
        assert sum(count for fault, count in endpoint.done.items() if fault) > 0.25 * made
    found = stored(out)
    assert set(found) == set(texts(number)), "none is lost"
    told = Counter(state for state, _ in found.values())
    assert counts["pending"] == 0
    assert told == {name: counts[name] for name in ("done", "rejected", "failed") if counts[name]}
    assert all(reason for state, reason in found.values() if state != "done")
    assert counts["done"] > 0.97 * number
    record_property("requests a row", made / number)
    print(f"{made / number:.3f} requests a row, {told}")
    assert made <= 1.6 * number
