"""One service of the stand-in for all tests that can share it, and how to talk to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from tests.serve.stand_in import Service, service

pytest.importorskip("fastapi", reason="needs the extra 'serve', which is not installed")


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: Any
    headers: Any


def call(
    running: Service,
    path: str = "/v1/extract",
    body: Any = None,
    method: str | None = None,
    headers: dict[str, str] | None = None,
    raw: bytes | None = None,
    timeout: float = 20,
) -> Answer:
    """One request; `body` is sent as JSON, `raw` as it is."""
    sent = raw if raw is not None else None if body is None else json.dumps(body).encode()
    kind = {"Content-Type": "application/json"} if sent is not None else {}
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=timeout)
    try:
        connection.request(method or ("POST" if sent is not None else "GET"), path, sent, kind | (headers or {}))
        response = connection.getresponse()
        content = response.read()
        is_json = (response.headers["Content-Type"] or "").startswith("application/json")
        return Answer(response.status, json.loads(content) if is_json else content, response.headers)
    finally:
        connection.close()


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    """A service with the usual limits, but for a text's: 2,000 characters."""
    with service(text=2000, texts=20, seconds=10.0) as running:
        yield running
