"""A real OpenAI-compatible endpoint on the loopback, whose answers, faults and slowness a test decides; as fixtures."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig

ANALYSIS = 'Opinion Target 1: "{0}"\nAspect: General\nSentiment: Positive\nReasoning: The author likes it.'


@dataclass
class Answer:
    """What the endpoint sends: a chat completion of `text`, or any other `body`, with a status and headers."""

    text: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    finish_reason: str = "stop"
    tokens: tuple[int, int] | None = (100, 20)
    message: dict[str, Any] = field(default_factory=dict)


@dataclass
class Endpoint:
    """`answer` is called with each request's JSON, on a thread of its own; `requests` and `headers` keep them all."""

    url: str = ""
    answer: Callable[[dict[str, Any]], Answer] = lambda request: Answer(good(request))
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reviews(self) -> list[str]:
        """The reviews that were asked about, in the order of arrival."""
        return [review_of(request) for request in self.requests]


def review_of(request: dict[str, Any]) -> str:
    """The review in a request's last message."""
    return str(request["messages"][-1]["content"]).rpartition("\n\n")[2].partition(": ")[2]


def good(request: dict[str, Any]) -> str:
    """A valid answer of whatever kind was asked for."""
    words = review_of(request).split()
    first = request["messages"][0]["content"]
    if "JSON" in first:
        return json.dumps({"opinions": [{"target": words[0], "polarity": "positive"}]})
    return ANALYSIS.format(words[0]) if "one block for each target" in first else "I love it all, I say."


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with state.lock:
                state.requests.append(request)
                state.headers.append({name.lower(): value for name, value in self.headers.items()})
                state.in_flight += 1
                state.most_in_flight = max(state.most_in_flight, state.in_flight)
            try:
                answer = state.answer(request)
            finally:
                with state.lock:
                    state.in_flight -= 1
            self.reply(answer)

        def reply(self, answer: Answer) -> None:
            body = answer.body
            if body is None:
                body = {
                    "id": "1", "object": "chat.completion", "created": 0, "model": "m",
                    "choices": [{
                        "index": 0, "finish_reason": answer.finish_reason,
                        "message": {"role": "assistant", "content": answer.text, **answer.message},
                    }],
                }  # fmt: skip
                if answer.tokens is not None:
                    read, written = answer.tokens
                    body["usage"] = {
                        "prompt_tokens": read,
                        "completion_tokens": written,
                        "total_tokens": read + written,
                    }
            data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(answer.status)
            self.send_header("Content-Type", "text/html" if isinstance(body, str) else "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:  # a killed client is part of some tests
            return

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    yield state
    server.shutdown()
    server.server_close()


@pytest.fixture
def nowhere() -> str:
    """An address where nobody listens: a port that was free a moment ago."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


@pytest.fixture
def settings(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ElicitConfig]:
    """Settings for the endpoint, changed by keywords; the environment has no key."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def make(**changes: Any) -> ElicitConfig:
        return ElicitConfig(**{"model": "m", "base_url": endpoint.url, "kinds": ("analysis",), "retries": 1, **changes})

    return make


@pytest.fixture
def write_reviews(tmp_path: Path) -> Callable[..., Path]:
    """A JSONL file of reviews with the given texts, their ids r1, r2, ..."""

    def write(*texts: str, name: str = "reviews.jsonl") -> Path:
        path = tmp_path / name
        rows = [{"id": f"r{number}", "text": text} for number, text in enumerate(texts, 1)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """The rows of a folder's responses.parquet."""
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = pq.read_table(folder / "responses.parquet").to_pylist()
    return rows


@pytest.fixture
def rows() -> Callable[[Path], list[dict[str, Any]]]:
    return read_rows


@pytest.fixture
def answer() -> type[Answer]:
    return Answer
