"""Batch files: what goes out, and that results come in once, whole, in any order, through the same validation."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.vendors import ROWS

from aspectra.cli.main import run
from aspectra.config import ElicitConfig
from aspectra.elicit import batches, status
from aspectra.elicit.asking import judge
from aspectra.elicit.batches import batch_in, batch_out
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError

Settings = Callable[..., ElicitConfig]
Write = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, Any]]]
PRICES = {"price_in": 1.0, "price_out": 2.0}
GOOD = 'Opinion Target 1: "{0}"\nAspect: General\nSentiment: Positive\nReasoning: The author likes it.'


def lines(*files: Path | str) -> list[dict[str, Any]]:
    return [json.loads(line) for file in files for line in Path(file).read_text(encoding="utf-8").splitlines()]


def review_of(request: dict[str, Any]) -> str:
    return str(request["body"]["messages"][-1]["content"]).rpartition("\n\n")[2].partition(": ")[2]


def result(request: dict[str, Any], text: Any = None, tokens: tuple[int, int] = (100, 20)) -> dict[str, Any]:
    """The line that a provider returns for a line that it got."""
    body = {
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": GOOD.format(review_of(request)) if text is None else text},
            }
        ],
        "usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1], "total_tokens": sum(tokens)},
    }
    answer = {"status_code": 200, "request_id": "r", "body": body}
    return {"id": "b", "custom_id": request["custom_id"], "response": answer, "error": None}


def refused(request: dict[str, Any]) -> dict[str, Any]:
    body = {"error": {"message": "broken\nrequest", "type": "server_error"}}
    return {"custom_id": request["custom_id"], "response": {"status_code": 500, "body": body}, "error": None}


def expired(request: dict[str, Any]) -> dict[str, Any]:
    return {
        "custom_id": request["custom_id"],
        "response": None,
        "error": {"code": "batch_expired", "message": "This request could not be executed in time."},
    }


def save(path: Path, *rows: dict[str, Any] | str) -> Path:
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def test_what_is_pending_goes_out_and_what_is_sent_is_what_an_endpoint_would_get(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    reviews, out, file = write_reviews("Pool.", "Soup.", "Pool."), tmp_path / "out", tmp_path / "batch.jsonl"
    config = settings(kinds=("analysis", "extraction"), extra_body={"top_k": 4}, seed=3)
    assert batch_out(reviews, config, out, file) == {"requests": 4, "files": [str(file)], "left_out": 0}
    assert endpoint.requests == []
    assert status.status(out)["pending"] == 6, "pairs of review and kind"
    written = lines(file)
    assert {(row["method"], row["url"]) for row in written} == {("POST", "/v1/chat/completions")}
    assert {len(row["custom_id"]) for row in written} == {64}
    elicit(reviews, config, out)
    key = json.dumps
    assert sorted(key(row["body"], sort_keys=True) for row in written) == sorted(
        key(request, sort_keys=True) for request in endpoint.requests
    )
    assert batch_out(reviews, config, out, tmp_path / "none.jsonl") == {"requests": 0, "files": [], "left_out": 0}
    assert not (tmp_path / "none.jsonl").exists()
    with pytest.raises(UserError, match=r"exists; name another --batch-out, or delete the file if it was never sent"):
        batch_out(reviews, config, out, file)


def test_results_in_any_order_come_to_what_asking_would_have_come_to(
    endpoint: Any, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    reviews, out, file = write_reviews(*(f"Pool{n}" for n in range(30))), tmp_path / "out", tmp_path / "batch.jsonl"
    elicit(reviews, settings(**PRICES), tmp_path / "asked")
    batch_out(reviews, settings(**PRICES), out, file)
    results = [result(row) for row in lines(file)]
    random.Random(0).shuffle(results)
    counts = batch_in(save(tmp_path / "in.jsonl", *results), out)
    asked = status.status(tmp_path / "asked")
    assert {name: counts[name] for name in asked} == asked
    assert counts["batch"] == {"taken": 30, "already": 0, "unknown": 0, "torn": 0}
    assert counts["cost_usd"] == pytest.approx(30 * (100 + 40) / 1e6)

    def plain(folder: Path) -> list[dict[str, Any]]:
        return [{name: row[name] for name in row if name != "created"} for row in rows(folder)]

    assert plain(out) == plain(tmp_path / "asked")
    # Nothing is left to ask, and the next run says so and makes the folder whole.
    sent = len(endpoint.requests)
    elicit(reviews, settings(**PRICES), out)
    assert len(endpoint.requests) == sent
    assert (out / "manifest.json").exists()


def mixed(out: Path, settings: Settings, write_reviews: Write, tmp_path: Path) -> tuple[Path, Path]:
    """Six requests and a file of results with everything that can be in one; the sixth has none."""
    file = tmp_path / "batch.jsonl"
    reviews = write_reviews("Pool", "Soup", "Bed", "Bar", "Spa", "Gym")
    batch_out(reviews, settings(**PRICES), out, file)
    one, two, three, four, five, _ = lines(file)
    stranger = {**result(one), "custom_id": "ab" * 32}
    return (
        reviews,
        save(
            tmp_path / "in.jsonl",
            result(two, "I have no idea."),
            result(one),
            "",
            result(one),  # once more
            expired(three),
            refused(four),
            stranger,
            {**result(one), "custom_id": "no hex"},
            {"something": "else"},
            json.dumps(result(five))[:90],
            "[1, 2]",
            {"custom_id": five["custom_id"], "response": {"status_code": 200, "body": {"choices": []}}, "error": None},
        ),
    )


def test_a_file_with_everything_in_it(
    settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    _, file = mixed(out, settings, write_reviews, tmp_path)
    counts = batch_in(file, out)
    assert counts["batch"] == {"taken": 5, "already": 1, "unknown": 3, "torn": 2}
    told = ("done", "rejected", "failed", "pending")
    assert [counts[name] for name in told] == [1, 1, 3, 1]
    assert counts["cost_usd"] == pytest.approx(2 * 140 / 1e6), "a rejected answer is paid for"
    reasons = {row["review"]: row["reason"] for row in rows(out)}
    assert reasons == {
        "Pool": None,
        "Soup": "no opinion target",
        "Bed": "batch_expired: This request could not be executed in time.",
        "Bar": "500: broken request",
        "Spa": "the result is not a chat completion",
    }
    said = capsys.readouterr().err
    assert f"{file}, line 10: the line is incomplete" in said
    assert f"{file}, line 11: a line must be one JSON object; skipped" in said


def test_the_same_file_twice_changes_nothing(
    settings: Settings, write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    _, file = mixed(out, settings, write_reviews, tmp_path)

    def stored() -> list[tuple[Any, ...]]:
        with status.open_to_read(out) as db:
            return db.execute("SELECT * FROM responses ORDER BY request").fetchall()

    first = batch_in(file, out)
    before, hashed = stored(), (out / "responses.parquet").read_bytes()
    again = batch_in(file, out)
    assert again.pop("batch") == {"taken": 0, "already": 6, "unknown": 3, "torn": 2}
    first.pop("batch")
    assert (again, stored(), (out / "responses.parquet").read_bytes()) == (first, before, hashed)
    # However the transactions fall.
    monkeypatch.setattr(batches, "TOGETHER", 1)
    other = tmp_path / "other"
    _, file = mixed_again(other, settings, write_reviews, tmp_path)
    assert batch_in(file, other)["batch"] == {"taken": 5, "already": 1, "unknown": 3, "torn": 2}


def mixed_again(out: Path, settings: Settings, write_reviews: Write, tmp_path: Path) -> tuple[Path, Path]:
    folder = tmp_path / "again"
    folder.mkdir()
    return mixed(out, settings, write_reviews, folder)


def test_a_torn_result_is_no_answer_and_what_it_took_is_counted(
    settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    out, file = tmp_path / "out", tmp_path / "batch.jsonl"
    reviews = write_reviews("Pool")
    batch_out(reviews, settings(**PRICES), out, file)
    torn = result(lines(file)[0], 'Opinion Target 1: "Pool"\nAspect: ')
    torn["response"]["body"]["choices"][0]["finish_reason"] = "error"
    counts = batch_in(save(tmp_path / "in.jsonl", torn), out)
    assert (counts["failed"], counts["tokens_in"], counts["cost_usd"]) == (1, 100, pytest.approx(140 / 1e6))
    assert [row["reason"] for row in rows(out)] == ["the answer broke off (finish_reason: error)"]
    assert batch_out(reviews, settings(**PRICES), out, tmp_path / "second.jsonl")["requests"] == 1


def test_an_answer_in_parts_is_read_alike_live_and_as_a_result(
    settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows, endpoint: Any, answer: Any
) -> None:
    words = GOOD.format("Pool")
    content = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": words[:9]},
        {"type": "text", "text": words[9:]},
    ]
    endpoint.answer = lambda request: answer(message={"content": content})
    reviews, live, out = write_reviews("Pool"), tmp_path / "live", tmp_path / "out"
    assert elicit(reviews, settings(**PRICES), live)["done"] == 1
    file = tmp_path / "batch.jsonl"
    batch_out(reviews, settings(**PRICES), out, file)
    assert batch_in(save(tmp_path / "in.jsonl", result(lines(file)[0], content)), out)["done"] == 1
    assert rows(out)[0]["text"] == rows(live)[0]["text"] == words
    assert status.thinking(out) == status.thinking(live) == 3


@pytest.mark.parametrize("name", ROWS)
def test_a_refused_row_is_rejected_in_a_batch_too(
    name: str, settings: Settings, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    out, file = tmp_path / "out", tmp_path / "batch.jsonl"
    reviews, (reason, code, body) = write_reviews("Pool", "Soup"), ROWS[name]
    batch_out(reviews, settings(**PRICES), out, file)
    one, two = lines(file)
    refusal = {"custom_id": one["custom_id"], "response": {"status_code": code, "body": body}, "error": None}
    unwanted = {**refusal, "custom_id": two["custom_id"], "response": {"status_code": 400, "body": {"error": "seed"}}}
    counts = batch_in(save(tmp_path / "in.jsonl", refusal, unwanted), out)
    assert (counts["rejected"], counts["failed"], counts["cost_usd"]) == (1, 1, 0.0)
    assert [row["reason"].partition(" (")[0] for row in rows(out)] == [reason, "400: seed"]


def test_what_failed_goes_out_again_and_a_rejected_answer_with_another_seed(
    settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    reviews, file = mixed(out, settings, write_reviews, tmp_path)
    batch_in(file, out)
    second = tmp_path / "second.jsonl"
    assert batch_out(reviews, settings(retry_rejected=True, **PRICES), out, second)["requests"] == 5
    seeds = {review_of(row): row["body"]["seed"] for row in lines(second)}
    assert (seeds["Soup"], seeds["Gym"]) == (1, 0)
    counts = batch_in(save(tmp_path / "in2.jsonl", *map(result, lines(second))), out)
    assert [counts[name] for name in ("done", "rejected", "failed", "pending")] == [6, 0, 0, 0]
    assert counts["cost_usd"] == pytest.approx(7 * 140 / 1e6), "the rejected answer stays paid for"
    # The first results, once more: what is done stays done.
    assert batch_in(file, out)["batch"]["taken"] == 0


def test_two_useless_answers_to_one_request_are_both_paid_for(
    settings: Settings, write_reviews: Write, tmp_path: Path
) -> None:
    out, file = tmp_path / "out", tmp_path / "batch.jsonl"
    batch_out(write_reviews("Pool"), settings(**PRICES), out, file)
    (row,) = lines(file)
    counts = batch_in(
        save(tmp_path / "in.jsonl", result(row, "Hm."), result(row, "Hm, hm."), result(row, "Hm, hm.")), out
    )
    assert counts["batch"] == {"taken": 2, "already": 1, "unknown": 0, "torn": 0}
    assert (counts["rejected"], counts["cost_usd"]) == (1, pytest.approx(2 * 140 / 1e6))


def test_prices_may_be_given_when_the_results_come(settings: Settings, write_reviews: Write, tmp_path: Path) -> None:
    out, file = tmp_path / "out", tmp_path / "batch.jsonl"
    batch_out(write_reviews("Pool", "Soup", "Bed"), settings(), out, file)
    one, two, three = map(result, lines(file))
    assert batch_in(save(tmp_path / "1.jsonl", one), out)["cost_usd"] is None
    del two["response"]["body"]["usage"]
    assert batch_in(save(tmp_path / "2.jsonl", two, three), out, 0.5, 1.0)["done"] == 3
    assert status.spent(out) == pytest.approx((50 + 20) / 1e6), "an answer whose tokens nobody counted has no price"


def test_files_of_a_size(settings: Settings, write_reviews: Write, tmp_path: Path) -> None:
    reviews, out, file = write_reviews(*(f"Pool{n}" for n in range(7))), tmp_path / "out", tmp_path / "b[1].jsonl"
    written = batch_out(reviews, settings(), out, file, 3)
    names = [str(tmp_path / f"b[1]-00{n}.jsonl") for n in (1, 2, 3)]
    assert written == {"requests": 7, "files": names, "left_out": 0}
    assert [len(lines(name)) for name in names] == [3, 3, 1]
    assert len({row["custom_id"] for row in lines(*names)}) == 7
    Path(names[0]).unlink()
    with pytest.raises(UserError, match=r"002\.jsonl exists"):
        batch_out(reviews, settings(), out, file, 3)
    for name in names:
        Path(name).unlink(missing_ok=True)
    assert len(batch_out(reviews, settings(), out, file, 7)["files"]) == 1


def test_max_cost_holds_for_what_goes_out(settings: Settings, write_reviews: Write, tmp_path: Path) -> None:
    reviews, out, file = write_reviews(*(f"Pool{n}" for n in range(20))), tmp_path / "out", tmp_path / "batch.jsonl"
    config = settings(max_cost=0.02, max_tokens=100, **PRICES)
    written = batch_out(reviews, config, out, file)
    assert 0 < written["requests"] < 20 and written["requests"] + written["left_out"] == 20
    # Were every byte a token and every answer as long as may be.
    dearest = sum(
        sum(len(m["content"]) for m in row["body"]["messages"]) + 2 * row["body"]["max_tokens"] for row in lines(file)
    )
    assert 0.016 < dearest / 1e6 <= 0.02


def test_a_killed_taking_in_goes_on(
    settings: Settings, write_reviews: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, file = tmp_path / "out", tmp_path / "batch.jsonl"
    batch_out(write_reviews(*(f"Pool{n}" for n in range(25))), settings(**PRICES), out, file)
    came = save(tmp_path / "in.jsonl", *map(result, lines(file)))
    monkeypatch.setattr(batches, "TOGETHER", 4)
    seen = 0

    def dies(*arguments: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == 15:
            raise KeyboardInterrupt
        judge(*arguments)

    monkeypatch.setattr("aspectra.elicit.batches.judge", dies)
    with pytest.raises(KeyboardInterrupt):
        batch_in(came, out)
    assert status.status(out)["done"] == 12
    monkeypatch.setattr("aspectra.elicit.batches.judge", judge)
    counts = batch_in(came, out)
    assert counts["batch"] == {"taken": 13, "already": 12, "unknown": 0, "torn": 0}
    assert counts["cost_usd"] == pytest.approx(25 * 140 / 1e6)


def call(*arguments: Any) -> int:
    return run(["elicit", *map(str, arguments)])


def test_the_commands(write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reviews, out, file = write_reviews("Pool", "Soup"), tmp_path / "out", tmp_path / "batch.jsonl"
    asked = [reviews, "--model", "m", "--kinds", "analysis", "--out", out]
    assert call(*asked, "--batch-out", file, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"requests": 2, "files": [str(file)], "left_out": 0}
    one, two = lines(file)
    came = save(tmp_path / "in.jsonl", result(one), refused(two))
    assert call("--batch-in", came, "--out", out, "--json", *("--price-in", 1, "--price-out", 2)) == 1
    shown = json.loads(capsys.readouterr().out)
    assert (shown["failed"], shown["cost_usd"], shown["batch"]["taken"]) == (1, 0.00014, 2)
    assert call("--batch-in", came, "--out", out) == 1
    assert "1 answers failed, most often: " in capsys.readouterr().err
    assert call("--batch-in", save(came, result(one), result(two)), "--out", out) == 0
    told = capsys.readouterr().out
    assert "2 done, 0 rejected, 0 failed" in told
    assert "in the batch: 1 taken, 1 already, 0 unknown, 0 torn" in told
    files = [save(tmp_path / f"{n}.jsonl", result(each)) for n, each in enumerate((one, two))]
    assert call("--batch-in", files[0], "--batch-in", files[1], "--out", out) == 0
    assert "in the batch: 0 taken, 2 already, 0 unknown, 0 torn" in capsys.readouterr().out
    assert call("--batch-in", save(came, result(one), "{torn"), "--out", out) == 1
    assert call("--status", out) == 0
    assert call(*asked, "--batch-out", tmp_path / "b.jsonl", "--batch-size", 9) == 0
    assert "0 requests in no file" in capsys.readouterr().out


BAD: list[tuple[list[str], str]] = [
    (["{reviews}", "--batch-out", "{tmp}/taken.jsonl"], "taken.jsonl exists"),
    (["{reviews}", "--batch-out", "b.jsonl", "--batch-size", "0"], "--batch-size"),
    (["{reviews}", "--batch-size", "5"], "--batch-size needs --batch-out"),
    (["{reviews}", "--batch-out", "b.jsonl", "--teacher", "local", "--model", "x.gguf"], "needs --teacher openai"),
    (["{reviews}", "--batch-out", "b.jsonl", "--batch-in", "b.jsonl"], "--batch-out and --batch-in exclude each other"),
    (["{tmp}/gone.csv", "--batch-out", "b.jsonl"], "no file of reviews"),
    (["--batch-in", "{tmp}/taken.jsonl"], "has no responses.sqlite"),
    (["{reviews}", "--batch-in", "{tmp}/taken.jsonl"], "--batch-in takes no REVIEWS"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD, ids=[" ".join(case[0]) for case in BAD])
def test_a_mistake_is_one_line(
    write_reviews: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    (tmp_path / "taken.jsonl").write_text("")
    filled = [part.format(reviews=write_reviews("Pool."), tmp=tmp_path) for part in arguments]
    assert call("--model", "m", "--out", tmp_path / "out", *filled) == 2
    shown = capsys.readouterr()
    assert told in shown.err and shown.err.count("\n") == 1 and shown.out == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "has no results for"),
        (b"\n\n", "has no results for"),
        (b"id,answer\n1,good\n2,bad\n", "has no results for"),
        (b'{"custom_id": "abc"}\n', "has 1 lines, and none answers a request of"),
        (b"\xff\xfe\n", "is not UTF-16 to its end"),
        (None, "no file"),
    ],
)
def test_a_file_that_is_of_no_use_is_one_line_and_changes_nothing(
    settings: Settings,
    write_reviews: Write,
    tmp_path: Path,
    content: bytes | None,
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, came = tmp_path / "out", tmp_path / "in.jsonl"
    batch_out(write_reviews("Pool"), settings(), out, tmp_path / "batch.jsonl")
    if content is not None:
        came.write_bytes(content)
    with pytest.raises(UserError, match=told):
        batch_in(came, out)
    assert "skipped" not in capsys.readouterr().err, "the one line says it all"
    assert not (out / "responses.parquet").exists()


def test_the_requests_are_not_taken_for_their_results(settings: Settings, write_reviews: Write, tmp_path: Path) -> None:
    out, sent = tmp_path / "out", tmp_path / "batch.jsonl"
    batch_out(write_reviews("Pool", "Bar"), settings(), out, sent)
    with pytest.raises(UserError, match="line 1 is a request that --batch-out wrote; name the file of results"):
        batch_in(sent, out)
    assert status.status(out)["failed"] == 0
