"""An OpenAI-compatible endpoint that rate-limits, stalls, lies and dies: real HTTP on the loopback, seeded, cheap.

The tests of elicitation hold one in a thread (`serving`); `benchmarks/elicit.py` runs one as a process, where
`python -m tests.faults --latency 0.2` prints its address, serves until its stdin is closed, and tells what it did.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

from tests.vendors import SAID, TORN

ANALYSIS = 'Opinion Target 1: "{0}"\nAspect: General\nSentiment: Positive\nReasoning: The author likes it.'
REWRITING = "I love {0}, I say."
ERRORS = {
    400: "No messages", 429: "Rate limit reached", 500: "internal error", 502: "bad gateway", 503: "overloaded",
    401: "Incorrect API key", 402: "Payment required", 404: "The model does not exist",
}  # fmt: skip
# Faults after which the next request may well be answered.
PASSING = (
    "429", "429-seconds", "429-date", "500", "502", "503", "burst", "stall", "drip", "slow", "closed", "reset", "half",
    "half-closed", "truncated", "not-json", "wrong-type", "no-choices", *TORN,
)  # fmt: skip
# Faults that are answers, though of no use.
LIES = ("length", "content_filter", "nonsense", "no-content")


@dataclass
class Faults:
    """What goes wrong and how often. Of `share` of the requests, one of `kinds` drawn by seed, prompt and try.

    `always` maps words of a prompt to what becomes of every such request. Seconds: `latency` before each answer,
    `stall` where it is to outlast the client's patience, `after` in Retry-After.
    """

    share: float = 0.0
    kinds: tuple[str, ...] = PASSING
    seed: int = 0
    latency: float = 0.0
    stall: float = 1.0
    after: float = 0.05
    burst: int = 20
    always: dict[str, str] = field(default_factory=dict)


@dataclass
class Endpoint:
    """A running server: where it is, and what it was asked (`asked`: requests a review) and did (`done`: by fault)."""

    faults: Faults
    port: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)
    in_flight: int = 0
    most_in_flight: int = 0
    arrivals: list[float] = field(default_factory=list)
    bursting: int = 0
    down: str = ""  # a fault that everything meets until it is cleared
    strict: dict[str, str] = field(default_factory=dict)  # a setting -> the fault of each request that has it
    last: dict[str, Any] = field(default_factory=dict)  # the request that came last
    leave: Callable[[], None] = lambda: None  # closes the port and cuts all connections

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def requests(self) -> int:
        return self.asked.total()

    def choose(self, review: str, prompt: str, nth: int) -> str:
        """What becomes of the nth request with this prompt: the same whenever and in whatever order it comes."""
        if self.down:
            return self.down
        for words, fault in self.faults.always.items():
            if words in review:
                return fault
        if self.bursting:
            self.bursting -= 1
            return ("500", "502", "503")[self.bursting % 3]
        if not self.faults.share:
            return ""
        digest = hashlib.blake2b(f"{self.faults.seed} {nth} {prompt}".encode(), digest_size=8).digest()
        draw = random.Random(digest)
        fault = draw.choice(self.faults.kinds) if draw.random() < self.faults.share else ""
        if fault == "burst":
            # As many requests go wrong as the others of its share do, but in a row.
            fault = "500" if draw.random() * self.faults.burst > 1 else "burst"
        if fault == "burst":
            self.bursting, fault = self.faults.burst, "503"
        return fault


def review_of(request: dict[str, Any]) -> str:
    """The review in a request's last message."""
    return str(request["messages"][-1]["content"]).rpartition("\n\n")[2].partition(": ")[2]


def answer_to(request: dict[str, Any]) -> str:
    """A valid answer of whatever kind was asked for."""
    words = (review_of(request) or "nothing").split()
    first = request["messages"][0]["content"]
    if "JSON" in first:
        return json.dumps({"opinions": [{"target": words[0], "polarity": "positive"}]})
    return (ANALYSIS if "one block for each target" in first else REWRITING).format(words[0])


def completion(text: str | None, finish_reason: str = "stop") -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "id": "1", "object": "chat.completion", "created": 0, "model": "m",
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": message}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }  # fmt: skip


class Connection(asyncio.Protocol):
    """One client's connection; requests on it come one after another."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.faults, self.buffer = endpoint, endpoint.faults, b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].partition(b"\r\n")[0]) if place >= 0 else 0
            if len(self.buffer) < end + 4 + length:
                return
            whole, body = self.buffer[:end], self.buffer[end + 4 : end + 4 + length]
            self.buffer = self.buffer[end + 4 + length :]
            self.request(whole, body)

    def request(self, head: bytes, body: bytes) -> None:
        state, request = self.endpoint, json.loads(body)
        if not request["messages"]:  # some clients ask so, only for the headers
            self.error(400, "")
            return
        review, prompt = review_of(request), str(request["messages"])
        state.asked[review] += 1
        state.arrivals.append(self.loop.time())
        state.in_flight += 1
        state.most_in_flight = max(state.most_in_flight, state.in_flight)
        if (place := head.lower().find(b"authorization:")) >= 0:
            state.keys.add(head[place + 14 :].partition(b"\r\n")[0].strip().decode())
        state.last = request
        fault = next((state.strict[name] for name in request if name in state.strict), "")
        fault = fault or state.choose(review, prompt, state.asked[review])
        state.done[fault] += 1
        wait = self.faults.latency + (self.faults.stall if fault == "stall" else 0.0)
        if wait:
            self.loop.call_later(wait, self.finish, fault, request)
        else:
            self.finish(fault, request)

    def finish(self, fault: str, request: dict[str, Any]) -> None:
        self.endpoint.in_flight -= 1
        if not self.transport.is_closing():
            self.respond(fault, request)

    def respond(self, fault: str, request: dict[str, Any]) -> None:
        code, _, detail = fault.partition("-")
        if code.isdigit():
            self.error(int(code), detail)
        elif fault in SAID:
            status, body = SAID[fault]
            self.send(body.encode() if isinstance(body, str) else body, status)
        elif fault == "quota":
            self.send({"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}, status=429)
        elif fault == "echo":  # a server that tells the key it was given
            told = ", ".join(f"{key} or {quote(key, safe='')}" for key in sorted(self.endpoint.keys))
            self.send({"error": {"message": f"{'x' * 280} wrong key: {told}"}}, status=500)
            # Behind so many words that a cut after 300 characters would go through the key.
        elif fault == "closed":
            self.transport.close()
        elif fault == "reset":
            self.transport.abort()
        elif fault in ("half", "half-closed", "drip", "slow"):
            self.partly(fault, json.dumps(completion(answer_to(request))).encode())
        elif fault == "truncated":
            self.send(json.dumps(completion(answer_to(request)))[:-40].encode())
        elif fault in ("not-json", "wrong-type"):
            kind = "text/html" if fault == "wrong-type" else "application/json"
            self.send(b"<html><body>Please log in</body></html>", kind=kind)
        elif fault == "no-choices":
            self.send({**completion(""), "choices": []})
        elif fault in ("length", "content_filter"):
            self.send(completion("" if fault == "content_filter" else "Opinion Tar", fault))
        elif fault == "nonsense":
            self.send(completion("As an AI language model, I cannot assist with that."))
        elif fault == "no-content":
            self.send(completion(None))
        else:
            self.send(completion(answer_to(request)))

    def error(self, status: int, detail: str) -> None:
        headers = {}
        if detail == "seconds":
            headers["Retry-After"] = str(self.faults.after)
        elif detail == "date":  # whole seconds: at most one from now
            headers["Retry-After"] = format_datetime(
                datetime.now(UTC) + timedelta(seconds=self.faults.after), usegmt=True
            )
        self.send({"error": {"message": ERRORS[status]}}, status=status, headers=headers)

    def partly(self, fault: str, body: bytes) -> None:
        """A body that comes by pieces: not all of it, too slowly, or slowly."""
        self.transport.write(self.head(len(body)) + body[:30])
        if fault == "half":
            self.transport.close()
        elif fault == "half-closed":
            self.transport.write_eof()
        else:
            rest, steps = body[30:], 20
            size, over = len(rest) // steps + 1, self.faults.stall * (1.0 if fault == "drip" else 0.1)
            for step in range(steps):
                piece = rest[step * size : (step + 1) * size]
                self.loop.call_later(over * (step + 1) / steps, self.piece, piece)

    def piece(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)

    def send(
        self,
        body: Any,
        status: int = 200,
        kind: str = "application/json",
        headers: dict[str, str] | None = None,
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.transport.write(self.head(len(data), status, kind, headers) + data)

    @staticmethod
    def head(
        length: int, status: int = 200, kind: str = "application/json", more: dict[str, str] | None = None
    ) -> bytes:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {length}"]
        lines += [f"{name}: {value}" for name, value in (more or {}).items()]
        return "\r\n".join([*lines, "\r\n"]).encode()


@contextmanager
def serving(faults: Faults | None = None, port: int = 0) -> Iterator[Endpoint]:
    """A server in a thread of its own; when the block ends the port is closed and all connections are cut."""
    endpoint, ready, over = Endpoint(faults or Faults()), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    def leave() -> None:
        loop.call_soon_threadsafe(over.set)

    async def serve() -> None:
        open_ones: set[Connection] = set()

        def connected() -> Connection:
            made = Connection(endpoint)
            open_ones.add(made)
            return made

        server = await loop.create_server(connected, "127.0.0.1", port, backlog=1024, reuse_address=True)
        endpoint.port = server.sockets[0].getsockname()[1]
        endpoint.leave = leave
        ready.set()
        await over.wait()
        server.close()
        for made in open_ones:
            made.transport.abort()
        await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    if not ready.wait(10):
        raise RuntimeError(f"the fault server did not start on port {port}")
    try:
        yield endpoint
    finally:
        if thread.is_alive():
            endpoint.leave()
        thread.join(10)
        loop.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer [%(default)s]")
    parser.add_argument("--share", type=float, default=0.0, help="of the requests that meet a fault [%(default)s]")
    parser.add_argument("--seed", type=int, default=0, help="of the faults [%(default)s]")
    asked = parser.parse_args()
    with serving(Faults(share=asked.share, latency=asked.latency, seed=asked.seed)) as endpoint:
        print(endpoint.url, flush=True)
        sys.stdin.read()
        seconds = endpoint.arrivals[-1] - endpoint.arrivals[0] if endpoint.arrivals else 0.0
        told = {"requests": endpoint.requests(), "faults": dict(endpoint.done), "seconds": seconds}
        print(json.dumps(told), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
