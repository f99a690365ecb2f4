"""`--plan`: what it counts, what it estimates and by which rule, and that it neither asks nor writes."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aspectra.cli.main import run
from aspectra.config import ElicitConfig
from aspectra.elicit import prompt
from aspectra.elicit.engine import elicit
from aspectra.elicit.plan import plan
from aspectra.errors import UserError

Settings = Callable[..., ElicitConfig]
Write = Callable[..., Path]
PRICES = {"price_in": 1.0, "price_out": 10.0}


def length(*texts: str, kind: str = "analysis") -> int:
    return sum(len(m["content"].encode()) for text in texts for m in prompt.render(kind, text, "v1"))


def test_nothing_is_asked_and_nothing_is_written(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    texts = ("Pool.", "Soupe très chaude.", "Pool.")
    before = set(tmp_path.iterdir()) | {write_reviews(*texts)}
    found = plan(write_reviews(*texts), settings(kinds=("analysis", "rewriting"), **PRICES), tmp_path / "out")
    assert set(tmp_path.iterdir()) == before
    assert endpoint.requests == []
    assert (found["rows"], found["texts"], found["requests"], found["answered"]) == (3, 2, 4, 0)
    part = found["kinds"]["analysis"]
    assert part["tokens_in"] == round(length(*texts[:2]) / 4)
    assert part["tokens_in_by"] == "estimated: one token for every 4 bytes of the prompt"
    # What the demo's teacher wrote, on average.
    assert (part["tokens_out"], found["kinds"]["rewriting"]["tokens_out"]) == (428, 119)
    assert "130 recorded answers of the demo" in part["tokens_out_by"]
    assert found["cost_usd"] == pytest.approx((found["tokens_in"] + 10 * found["tokens_out"]) / 1e6)
    assert (found["hours"], found["bound"], found["seconds_per_request"]) == (None, None, None)


def test_what_the_store_has_is_not_counted_again_and_shows_what_the_rest_takes(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any
) -> None:
    texts, out = [f"The soup number {n} was cold." for n in range(10)], tmp_path / "out"

    def say(request: Any) -> Any:
        said = request["messages"][-1]["content"]
        if "number 3" in said:
            return answer("No idea.", tokens=(length(texts[0]), 60))
        if "number 2" in said:
            return answer(status=500, body={"error": "broken"})
        return answer('Opinion Target 1: "soup"\nSentiment: Negative', tokens=(length(texts[0]), 30))

    endpoint.answer = say
    elicit(write_reviews(*texts[:4]), settings(retries=0, **PRICES), out, allow_failed=True)
    assert len(endpoint.requests) == 4
    found = plan(write_reviews(*texts, name="all.jsonl"), settings(max_cost=0.017, **PRICES), out)
    assert (found["requests"], found["answered"]) == (7, 3), "failed is asked again, rejected is not"
    part = found["kinds"]["analysis"]
    # The endpoint counts a token a byte, and its three answers had 30, 60 and 30.
    assert (part["tokens_in"], part["tokens_out"]) == (length(*texts[:7]), 7 * 40)
    assert part["tokens_in_by"] == "estimated: tokens per byte as the endpoint counted in 3 such prompts"
    assert part["tokens_out_by"] == "estimated: the mean of 3 stored answers"
    spent = (3 * length(texts[0]) + 10 * 120) / 1e6
    assert found["spent_usd"] == pytest.approx(spent)
    assert 0 < found["enough_for"] < 7
    again = plan(tmp_path / "all.jsonl", settings(retry_rejected=True, **PRICES), out)
    assert (again["requests"], again["answered"]) == (8, 2)
    assert len(endpoint.requests) == 4
    elicit(tmp_path / "all.jsonl", settings(max_cost=0.017, **PRICES), out, allow_failed=True)
    assert abs(len(endpoint.requests) - 4 - found["enough_for"]) <= 1, "so many were sent"


def test_a_plan_comes_true(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any
) -> None:
    """Tokens as the endpoint counts them: a third of the bytes and what its template adds."""
    draw = random.Random(1)
    texts = ["word " * draw.randrange(1, 60) + f"{n}." for n in range(60)]

    def say(request: Any) -> Any:
        size = sum(len(message["content"]) for message in request["messages"])
        return answer("I like it so much.", tokens=(size // 3 + 9, draw.randrange(20, 40)))

    endpoint.answer = say
    reviews, out = write_reviews(*texts), tmp_path / "out"
    of = {"kinds": ("rewriting",), **PRICES}
    elicit(reviews, settings(limit=20, **of), out)
    ahead = plan(reviews, settings(**of), out)
    before = elicit(reviews, settings(limit=20, **of), out)
    after = elicit(reviews, settings(**of), out)
    assert ahead["requests"] == 40
    assert ahead["tokens_in"] == pytest.approx(after["tokens_in"] - before["tokens_in"], rel=0.02)
    assert ahead["cost_usd"] == pytest.approx(after["cost_usd"] - before["cost_usd"], rel=0.1)
    assert plan(reviews, settings(**of), out)["hours"] == 0.0


def test_a_tokenizers_folder_counts_prompts_exactly(
    causal: Path, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    reviews = write_reviews("Pool.", "Cold soup.")
    found = plan(reviews, settings(), tmp_path / "out", causal)["kinds"]["analysis"]
    tokenizer = AutoTokenizer.from_pretrained(causal)
    assert found["tokens_in"] == sum(
        len(tokenizer(prompt.render("analysis", text, "v1")[0]["content"])["input_ids"])
        for text in ("Pool.", "Cold soup.")
    )
    assert found["tokens_in_by"] == f"counted with the tokenizer of {causal}"
    # An endpoint that calls its model by the folder needs no --tokenizer.
    assert plan(reviews, settings(model=str(causal)), tmp_path / "out")["kinds"]["analysis"] == found
    with pytest.raises(UserError, match="nor a folder with a tokenizer"):
        plan(reviews, settings(), tmp_path / "out", tmp_path)


def test_past_the_draw_the_rest_is_taken_by_its_length(
    causal: Path, settings: Settings, write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aspectra.elicit import plan as module

    draw = random.Random(2)
    reviews = write_reviews(*("soup " * draw.randrange(1, 80) + str(n) for n in range(300)))
    whole = plan(reviews, settings(), tmp_path / "out", causal)
    monkeypatch.setattr(module, "SAMPLE", 40)
    drawn = plan(reviews, settings(), tmp_path / "out", causal)
    assert drawn["tokens_in"] != whole["tokens_in"]
    assert drawn["tokens_in"] == pytest.approx(whole["tokens_in"], rel=0.02)
    assert drawn["kinds"]["analysis"]["tokens_in_by"].endswith("in 40 of 300 prompts, the others by their length")
    assert plan(reviews, settings(), tmp_path / "out", causal) == drawn, "drawn by seed"


def test_a_gguf_file_counts_as_its_server_does(write_reviews: Write, tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    from tests.teachers.test_local import local, write_tiny

    model, reviews = write_tiny(tmp_path / "tiny.gguf"), write_reviews("Pool.", "Cold soup.")
    config = local(model, max_tokens=8, concurrency=1)
    ahead = plan(reviews, config, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert ahead["kinds"]["analysis"]["tokens_in_by"] == "counted with tiny.gguf"
    assert elicit(reviews, config, tmp_path / "out", allow_failed=True)["tokens_in"] == ahead["tokens_in"]
    # And for an endpoint that serves the same file under some other name.
    other = ElicitConfig(model="m", base_url="http://127.0.0.1:1/v1", kinds=("analysis",))
    assert plan(reviews, other, tmp_path / "other", model)["tokens_in"] == ahead["tokens_in"]


def test_the_hours_are_those_of_the_limit_that_binds(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    texts, out = [f"Pool {n}." for n in range(70)], tmp_path / "out"
    reviews = write_reviews(*texts)
    found = plan(reviews, settings(rpm=7), out)
    assert (found["hours"], found["bound"]) == (pytest.approx(10 / 60), "--rpm")
    found = plan(reviews, settings(rpm=7, tpm=100), out)
    assert (found["hours"], found["bound"]) == (
        pytest.approx((found["tokens_in"] + found["tokens_out"]) / 100 / 60),
        "--tpm",
    )
    elicit(reviews, settings(limit=40, concurrency=4), out)
    # Forty answers, one every 2 s with four in flight: 8 s each. In between the machine slept for a night.
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with sqlite3.connect(out / "responses.sqlite") as db:
        for n, (row,) in enumerate(db.execute("SELECT request FROM responses ORDER BY request").fetchall()):
            when = start + timedelta(seconds=2 * n, hours=9 if n > 20 else 0)
            db.execute("UPDATE responses SET created = ? WHERE request = ?", (when.isoformat(timespec="seconds"), row))
    found = plan(reviews, settings(concurrency=2), out)
    assert (found["requests"], found["seconds_per_request"]) == (30, 8.0)
    assert (found["hours"], found["bound"]) == (pytest.approx(30 * 8 / 2 / 3600), "--concurrency")
    assert plan(reviews, settings(concurrency=2, rpm=1), out)["bound"] == "--rpm"


def test_a_kind_that_nobody_recorded_is_taken_at_its_longest(
    settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    found = plan(write_reviews("Pool."), settings(kinds=("polarity", "analysis"), max_tokens=50), tmp_path / "out")
    assert found["kinds"]["polarity"]["tokens_out"] == 50
    assert found["kinds"]["polarity"]["tokens_out_by"].startswith("at most")
    assert found["kinds"]["analysis"]["tokens_out"] == 50, "no answer is longer than it may be"


@pytest.mark.parametrize("seed", range(3))
def test_max_cost_holds_by_the_servers_own_bill(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, answer: Any, seed: int
) -> None:
    """However long the answers are, and with 32 requests in flight."""
    draw, bill = random.Random(seed), []

    def say(request: Any) -> Any:
        tokens = sum(len(m["content"]) for m in request["messages"]) // 4, draw.randrange(1, request["max_tokens"] + 1)
        bill.append((tokens[0] * PRICES["price_in"] + tokens[1] * PRICES["price_out"]) / 1e6)
        return answer("I like it, I say.", tokens=tokens)

    endpoint.answer = say
    reviews = write_reviews(*(f"Pool number {n}." for n in range(200)))
    most = 0.05
    counts = elicit(
        reviews,
        settings(kinds=("rewriting",), concurrency=32, max_tokens=100, max_cost=most, **PRICES),
        tmp_path / "out",
    )
    assert counts["cost_usd"] == pytest.approx(sum(bill))
    assert counts["done"] == len(bill) < 200
    assert most - 0.002 < sum(bill) <= most


def call(reviews: Path, out: Path, *more: Any) -> int:
    where = ["--model", "m", "--base-url", "http://127.0.0.1:1/v1", "--out", str(out)]
    return run(["elicit", str(reviews), *where, *map(str, more)])


def test_the_command_prints_a_table_or_json(
    write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reviews, out = write_reviews("Pool.", "Soup."), tmp_path / "out"
    prices = ["--price-in", 1, "--price-out", 10]
    assert call(reviews, out, "--plan", *prices, "--rpm", 2, "--max-cost", 0.0001) == 0
    told = capsys.readouterr().out
    for part in (
        "2 reviews of 2 different texts; stored answers: 0",
        "tokens in (analysis, rewriting): estimated: one token for every 4 bytes",
        "--max-cost $0.0001 pays for about 0 of these requests",
        "time: 2:00, by --rpm",
    ):
        assert part in told
    assert call(reviews, out, "--plan") == 0
    told = capsys.readouterr().out
    assert "cost: unknown" in told and "time: unknown; ask a few first" in told
    assert call(reviews, out, "--plan", "--json") == 0
    assert json.loads(capsys.readouterr().out)["kinds"]["rewriting"]["requests"] == 2
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--plan", "--status", "x"], "--status and --plan exclude each other"),
        (["--plan", "--teacher", "recorded", "--model", "x"], "recorded answers needs no tokens"),
        (["--plan", "--tokenizer", "/nowhere"], "nor a folder with a tokenizer"),
        (["--tokenizer", "/nowhere"], "--tokenizer needs --plan"),
        (["--plan", "--max-cost", "1"], "--max-cost needs the prices"),
        (["--plan", "--text-column", "words"], "no column 'words'"),
        (["--plan", "--price-in", "-1"], "--price-in"),
    ],
)
def test_a_mistake_is_one_line(
    write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert call(write_reviews("Pool."), tmp_path / "out", *arguments) == 2
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    assert not (tmp_path / "out").exists()
