"""Whatever is sent, the answer is a 4xx with one line, soon; and the service serves on."""

from __future__ import annotations

import gzip
import json
import random
import socket
import time
from typing import Any

import pytest
from tests.serve.conftest import call
from tests.serve.stand_in import Service, service

FORM = "application/x-www-form-urlencoded"
HEAD = b"POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
LONG = "The soup was fine. " * 200


def wrong_bodies() -> list[tuple[str, bytes]]:
    """A hundred bodies that are no request."""
    rough = [
        b"",
        b" ",
        b"\x00",
        b"\xff\xfe{\x00",
        b"\xef\xbb\xbf",
        b"{",
        b"}",
        b"[",
        b'{"text"',
        b'{"text":',
        b'{"text":}',
        b'{"text": "a"',
        b'{"text": "a"}}',
        b'{"text": "a"} {"text": "b"}',
        b'{"text": "a",}',
        b"{'text': 'a'}",
        b"{text: 1}",
        b'{"text": "a\nb"}',
        b'{"text": "a\x00b"}',
        b'{"text": "\xff"}',
        b'{"text": "\xc3\x28"}',
        b'{"text": "\xed\xa0\x80"}',
        b'{"text": "\\x41"}',
        b'{"text": "\\u12"}',
        b'{"text": "\\ud800"}',
        b'{"text": "\\udc00 x"}',
        b'{"text": "\\ude00\\ud83d"}',
        b'{"texts": ["a", "\\ud83d"]}',
        b'{"\\ud800": "a"}',
        b'{"text": "a", "\\ud800": 1}',
        b'{"text": "\\u0000"}',
        b'{"texts": ["fine", "a\\u0000b"]}',
        b'{"text": NaN}',
        b'{"text": Infinity}',
        b'{"text": -Infinity}',
        b'{"text": nan}',
        b'{"text": 1e999}',
        b'{"text": -1e999}',
        b'{"text": ' + b"9" * 10_000 + b"}",
        b'{"text": "a", "text": "b"}',
        b'{"text": "a", "te\\u0078t": "b"}',
        b'{"texts": ["a"], "texts": ["b"]}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"text":' * 50_000 + b"1" + b"}" * 50_000,
        b'{"texts": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"texts": ' + b"[" * 20 + b'"a"' + b"]" * 20 + b"}",
        b'{"text": "' + b"a" * 10_000_000 + b'"}',
        b"a" * 10_000_000,
        b'{"texts": [' + b'"a",' * 300_000 + b'"a"]}',
        b"[" + b"[]," * 330_000 + b"[]]",
        b"text=good+soup",
        b"<text>good</text>",
        gzip.compress(b'{"text": "a"}'),
        b"good soup",
        b"\x80\x04\x95",
    ]
    values: list[Any] = [
        None, True, 0, -1, 1.5, "a", [], ["a"], {}, {"Text": "a"}, {"text": None}, {"text": 1}, {"text": 1.5},
        {"text": True}, {"text": []}, {"text": ["a"]}, {"text": {}}, {"text": {"text": "a"}}, {"text": LONG},
        {"text": "\U0001f35d" * 2001}, {"texts": None}, {"texts": "a"}, {"texts": 1}, {"texts": {}}, {"texts": []},
        {"texts": [None]}, {"texts": [1]}, {"texts": [["a"]]}, {"texts": [{"text": "a"}]}, {"texts": ["a"] * 21},
        {"texts": ["a", LONG]}, {"texts": {"0": "a"}}, {"text": "a", "texts": ["a"]}, {"text": "a", "m": "/etc/passwd"},
        {"text": "a", "path": "../../etc/passwd"}, {"text": "a", "": 1}, {"texts": ["a"], "text": None}, {"": "a"},
        {"text": "a", "__proto__": {}}, {"text": "a", "k" * 5000: 1}, {"text": "a", "x": [[[[[1]]]]]}, {"target": "a"},
        {"texts": ["a"], "limit": 10**30}, {"file": "a"},
    ]  # fmt: skip
    return [(repr(body[:40]), body) for body in (*rough, *(json.dumps(value).encode() for value in values))]


BODIES = wrong_bodies()


def test_a_hundred_wrong_bodies(running: Service) -> None:
    assert len(BODIES) == 100
    for name, body in BODIES:
        started = time.monotonic()
        answer = call(running, raw=body)
        assert 400 <= answer.status < 500, name
        assert isinstance(answer.body["detail"], str), name
        assert "\n" not in answer.body["detail"], name
        assert len(answer.body["detail"]) < 400, name
        assert time.monotonic() - started < 5, name
    assert call(running, body={"text": "The soup was fine."}).body["results"][0]["opinions"]


def test_the_same_bodies_to_classify(running: Service) -> None:
    for name, body in BODIES:
        if len(body) < 200_000:
            assert 400 <= call(running, "/v1/classify", raw=body).status < 500, name
    for question in ({"text": "a", "target": "b" * 201}, {"text": "a", "target": "b\0"}, {"text": "a", "target": ""}):
        assert call(running, "/v1/classify", question).status == 422


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (413, b'{"text": "' + b"a" * 10_000_000 + b'"}'),
        (422, json.dumps({"text": LONG}).encode()),
        (422, json.dumps({"texts": ["a"] * 21}).encode()),
        (422, b'{"text": "\\ud800"}'),
        (422, b'{"text": "\\u0000"}'),
        (400, b'{"text": NaN}'),
        (400, b'{"text": "a", "text": "b"}'),
        (400, b"[" * 100_000),
        (400, b'{"text": "\xff"}'),
        (200, b'\xef\xbb\xbf{"text": "a"}'),
        (200, json.dumps({"text": "\u2028 </script> ' \" \\ \x7f \ufeff \ufffe"}).encode()),
        (200, json.dumps({"text": "\U0001f35d" * 2000}).encode()),
    ],
)
def test_which_status(running: Service, status: int, body: bytes) -> None:
    assert call(running, raw=body).status == status


@pytest.mark.parametrize(
    "kind", ["", "text/plain", FORM, "multipart/form-data; boundary=x", "application/jsonx", "\xff"]
)
def test_other_types_than_json(running: Service, kind: str) -> None:
    assert call(running, raw=b'{"text": "a"}', headers={"Content-Type": kind}).status == 415


def test_type_with_parameters_and_encodings(running: Service) -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON"):
        assert call(running, raw=b'{"text": "a"}', headers={"Content-Type": kind}).status == 200
    packed = gzip.compress(b'{"text": "a"}')
    assert call(running, raw=packed, headers={"Content-Encoding": "gzip"}).status == 415


def test_a_body_that_comes_in_chunks_is_counted(running: Service) -> None:
    part = b'{"text": "' + b"a" * 65_000
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as client:
        client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            client.sendall(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        client.sendall(b"0\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_says_it_is_huge_is_not_waited_for(running: Service) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
        client.sendall(HEAD + b"Content-Length: 99999999999\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    with service(seconds=0.3) as running, socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
        client.sendall(HEAD + b'Content-Length: 99\r\n\r\n{"te')
        assert client.recv(100).startswith(b"HTTP/1.1 408")
        assert call(running, body={"text": "a"}).status == 200


def test_noise_instead_of_requests(running: Service) -> None:
    draw = random.Random(7)
    for _ in range(30):
        noise = draw.randbytes(draw.randint(1, 3000))
        if draw.random() < 0.5:
            noise = b"POST /v1/extract HTTP/1.1\r\nHost: x\r\n" + noise + b"\r\n\r\n"
        with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
            client.sendall(noise)
            client.shutdown(socket.SHUT_WR)
            answer = b""
            while part := client.recv(4096):
                answer += part
            assert not answer or answer.startswith(b"HTTP/1.1 4"), answer[:100]
    assert call(running, body={"text": "a"}).status == 200
