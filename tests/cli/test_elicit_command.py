"""`aspectra elicit` as a user types it: exit codes, one line for each mistake, JSON for machines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from aspectra.cli.main import run

Run = Callable[..., tuple[int, str, str]]
TELLING = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "I love the pool."}}
ANSWER = {"choices": [TELLING], "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}}
PATH = "/v1/chat/completions"


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    path.write_text("id,text\na,Lovely pool.\nb,Cold soup.\n", encoding="utf-8")
    return path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def go(*arguments: Any) -> tuple[int, str, str]:
        code = run(["elicit", *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return go


def asked(server: HTTPServer, *more: Any) -> list[Any]:
    return ["--model", "m", "--base-url", server.url_for("/v1"), "--kinds", "rewriting", "--retries", 0, *more]


def test_the_counts_are_printed_for_people_and_for_machines(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(PATH).respond_with_json(ANSWER)
    out = tmp_path / "out"
    prices = ["--price-in", 1, "--price-out", 2]
    code, text, _ = call(reviews, *asked(httpserver, "--out", out, "--json", *prices))
    counts = {
        "done": 2, "rejected": 0, "failed": 0, "absent": 0, "pending": 0, "cost_usd": 4e-05,
        "tokens_in": 20, "tokens_out": 10,
    }  # fmt: skip
    assert (code, json.loads(text)) == (0, counts)
    code, text, err = call("--status", out, "--json")
    assert (code, json.loads(text), err) == (0, counts, "")
    code, text, _ = call("--status", out)
    assert code == 0
    assert "2 done, 0 rejected, 0 failed" in text
    assert "$0.0000" in text


def test_failed_rows_are_exit_1_with_the_counts_still_printed(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"error": {"message": "broken"}}, status=500)
    code, text, err = call(reviews, *asked(httpserver, "--out", tmp_path / "out", "--json"))
    assert (code, json.loads(text)["failed"], json.loads(text)["cost_usd"]) == (1, 2, 0.0)
    assert err == "2 answers failed, most often: 500: broken; run the same command to try them again\n"
    httpserver.clear()
    httpserver.expect_request(PATH).respond_with_json(ANSWER)
    code, text, _ = call(reviews, *asked(httpserver, "--out", tmp_path / "out"))
    assert code == 0
    assert "cost unknown" in text


def test_what_the_endpoint_does_not_count_is_not_said_to_cost_nothing(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"choices": [TELLING]})
    _, text, _ = call(reviews, *asked(httpserver, "--out", tmp_path / "out"))
    assert "tokens unknown" in text and "cost unknown" in text and "$" not in text
    assert json.loads(call("--status", tmp_path / "out", "--json")[1])["cost_usd"] is None
    prices = ["--price-in", 1000, "--price-out", 1000]
    _, text, _ = call(reviews, *asked(httpserver, "--out", tmp_path / "priced", *prices))
    assert "tokens unknown" in text and " at most" in text and "$0.0000" not in text
    assert "in this folder" not in text
    _, text, _ = call(reviews, *asked(httpserver, "--out", tmp_path / "priced", *prices), "--temperature", 1)
    assert "all priced answers in this folder: $" in text, "the answers with the other temperature were paid for, too"


def test_a_stop_at_the_most_that_may_be_spent_is_no_failure(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(PATH).respond_with_json(ANSWER)
    bounds = ["--price-in", 1, "--price-out", 1, "--max-cost", 1e-6]
    code, text, err = call(reviews, *asked(httpserver, "--out", tmp_path / "out", "--json", *bounds))
    assert (code, json.loads(text)["pending"]) == (0, 2)
    assert "raise --max-cost to go on" in err


def test_where_most_answers_are_rejected_it_says_why(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(PATH).respond_with_json(ANSWER)
    out = tmp_path / "out"
    code, _, err = call(reviews, *asked(httpserver, "--out", out, "--kinds", "analysis,rewriting"))
    told = f"analysis: 2 of 2 answers were rejected, most often: no opinion target (2); look at them in {out}"
    assert code == 0 and err.startswith(told) and err.count("\n") == 1


def test_a_recorded_file_needs_no_endpoint(call: Run, reviews: Path, tmp_path: Path) -> None:
    said = tmp_path / "said.jsonl"
    said.write_text(json.dumps({"review": "Cold soup.", "kind": "rewriting", "text": "I was cross."}), encoding="utf-8")
    code, text, _ = call(reviews, "--teacher", "recorded", "--model", said, "--out", tmp_path / "out")
    assert code == 0
    assert "1 done, 0 rejected, 0 failed, 3 absent, 0 pending" in text


BAD: list[tuple[list[str], str]] = [
    (["--teacher", "opanai"], "unknown teacher 'opanai'; did you mean 'openai'? There are: "),
    (["--kinds", "analysis,rewritng"], "unknown kind 'rewritng'; did you mean 'rewriting'?"),
    (["--kinds", ""], "--kinds names each kind once"),
    (["--task", "atsc"], "unknown task 'atsc'"),
    (["--extra-body", "{"], "--extra-body is not JSON"),
    (["--extra-body", "[1]"], "--extra-body is not a JSON object"),
    (["--prompts", "analysis"], "write it as kind=version"),
    (["--prompts", "analysis=v99"], "There are: v1"),
    (["--concurrency", "0"], "setting concurrency"),
    (["--concurrency", "many"], "--concurrency"),
    (["--temprature", "1"], "--temprature"),
    (["--max-cost", "1"], "--max-cost needs the prices"),
    (["--model", ""], "--model is missing"),
    (["--base-url", "localhost:80"], "is not an address"),
    (["--base-url", "http://127.0.0.1:port/v1"], "is not an address"),
    (["--base-url", "http://me:secret@[::1"], "the base URL [::1 is not an address"),
    (["--base-url", "http://a b/v1"], "is not an address"),
    (["--key-file", "/nowhere/key"], "cannot read the key file"),
    (["--text-column", "words"], "words"),
    (["--teacher", "recorded", "--model", "/nowhere.jsonl"], "no file of recorded responses"),
    (["--teacher", "local", "--model", "/nowhere.gguf"], "no GGUF file"),
    (["--engine", "spark"], "unknown engine 'spark'"),
    (["--workers", "2"], "--workers and --ray-address need --engine ray"),
    (["--ray-address", "127.0.0.1:6379"], "--workers and --ray-address need --engine ray"),
    (["--teacher", "vllm"], "--teacher vllm runs on a cluster: add --engine ray"),
    (["--engine", "ray", "--vllm", "[2]"], "--vllm is not a JSON object"),
    (["--kinds", "extraction", "--task", "acsa"], "extraction for acsa needs its categories: --categories 'food"),
]


@pytest.mark.parametrize(("arguments", "told"), BAD, ids=[" ".join(case[0]) for case in BAD])
def test_a_mistake_is_one_line_exit_2_and_nothing_is_written(
    call: Run, reviews: Path, tmp_path: Path, arguments: list[str], told: str
) -> None:
    out = tmp_path / "out"
    code, text, err = call(reviews, "--model", "m", "--base-url", "http://127.0.0.1:1/v1", "--out", out, *arguments)
    assert (code, text) == (2, "")
    assert told in err
    assert err.count("\n") == 1
    assert not out.exists()


def test_bad_reviews_and_folders_are_one_line(call: Run, reviews: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    empty, latin = tmp_path / "empty.csv", tmp_path / "latin.csv"
    empty.write_text("", encoding="utf-8")
    latin.write_bytes("text\ncaf\xe9\n".encode("latin-1"))
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("x")
    to = ["--model", "m", "--base-url", "http://127.0.0.1:1/v1", "--retries", 0]
    for arguments, told in (
        ([tmp_path / "gone.csv", *to, "--out", out], "no file of reviews"),
        ([empty, *to, "--out", out], "empty"),
        ([latin, *to, "--out", out], "UTF-8"),
        ([reviews, *to, "--out", full], "has other files"),
        ([reviews, *to], "--out is missing"),
        ([*to, "--out", out], "REVIEWS is missing"),
        ([reviews, *to, "--out", out], "no endpoint answers"),
        (["--status", full], "has no responses.sqlite"),
    ):
        code, text, err = call(*arguments)
        assert (code, text, err.count("\n")) == (2, "", 1), err
        assert told in err
        assert not out.exists()


def test_a_refused_key_is_one_line_without_the_key(
    call: Run, reviews: Path, tmp_path: Path, httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"error": {"message": "bad sk-secret"}}, status=401)
    monkeypatch.setenv("MY_KEY", "sk-secret")
    code, _, err = call(reviews, *asked(httpserver, "--out", tmp_path / "out", "--key-env", "MY_KEY"))
    assert code == 2
    assert "the endpoint refused the key" in err
    assert "sk-secret" not in err
    assert not (tmp_path / "out").exists()


def test_help_shows_the_defaults(call: Run) -> None:
    code, text, _ = call("--help")
    assert code == 0
    for part in (
        "--teacher",
        "--max-cost",
        "[default: 512]",
        "[default: analysis,rewriting]",
        "Example: aspectra elicit",
    ):
        assert part in " ".join(text.split()), part
