"""The API, asked over loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.serve.conftest import Answer, call
from tests.serve.stand_in import BROKEN, SLOW, Service, service

TEXT = "Caf\u00e9 \U0001f35d: the soup was superb, the waiter was rude."


def metric(running: Service, name: str) -> float:
    lines = call(running, "/metrics").body.decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))


def test_one_text(running: Service) -> None:
    answer = call(running, body={"text": TEXT})
    assert answer.status == 200
    assert answer.body["reader"] == {"name": "stand-in", "version": "1", "digest": "0123456789abcdef"}
    (result,) = answer.body["results"]
    soup, waiter = result["opinions"]
    assert soup == {
        "target": "soup",
        "category": None,
        "polarity": "positive",
        "start": TEXT.index("soup"),
        "end": TEXT.index("soup") + 4,
        "confidence": 0.875,
    }
    assert TEXT[waiter["start"] : waiter["end"]] == "waiter"
    assert result["cut"] is False


def test_many_texts_keep_their_order(running: Service) -> None:
    texts = [f"The w{n} was fine." for n in range(20)]
    results = call(running, body={"texts": [*texts[:19], ""]}).body["results"]
    assert [[o["target"] for o in result["opinions"]] for result in results] == [[f"w{n}"] for n in range(19)] + [[]]


def test_a_request_may_ask_for_more_confidence(running: Service) -> None:
    """The stand-in has 0.875 of all."""
    for body in ({"text": TEXT}, {"texts": [TEXT]}):
        (kept,), (none,) = (
            call(running, body=body | {"min_confidence": least}).body["results"] for least in (0.875, 0.9)
        )
        assert (len(kept["opinions"]), none["opinions"]) == (2, [])
    assert call(running, body={"text": TEXT, "min_confidence": 1}).status == 200
    assert call(running, body={"text": TEXT, "min_confidence": 1.5}).status == 422


def test_classify(running: Service) -> None:
    answer = call(running, "/v1/classify", {"text": TEXT, "target": "soup"})
    assert answer.status == 200
    assert answer.body["polarity"] == "positive"
    assert answer.body["probabilities"] == {"positive": 0.75, "negative": 0.25}
    blank = call(running, "/v1/classify", {"text": TEXT, "target": " "})
    assert (blank.status, blank.body) == (422, {"detail": "name the target to judge"})
    assert call(running, "/v1/classify", {"text": TEXT}).status == 422
    assert call(running, "/v1/classify", {"text": TEXT, "category": "food"}).status == 422


def test_the_document_has_the_limits_and_examples_that_work(running: Service) -> None:
    document = call(running, "/openapi.json").body
    schemas = document["components"]["schemas"]
    assert schemas["OneText"]["properties"]["text"]["maxLength"] == 2000
    assert schemas["ManyTexts"]["properties"]["texts"]["maxItems"] == 20
    for name, path in (("OneText", "extract"), ("ManyTexts", "extract"), ("Question", "classify")):
        for example in schemas[name]["examples"]:
            assert call(running, f"/v1/{path}", example).status == 200
    assert {"/v1/extract", "/v1/classify", "/v1/about", "/healthz", "/readyz", "/metrics"} == set(document["paths"])


def test_health_and_about(running: Service) -> None:
    assert call(running, "/healthz").body == {"status": "alive"}
    assert call(running, "/readyz").body == {"status": "ready"}
    about = call(running, "/v1/about").body
    assert about["limits"] == {"body_bytes": 1_000_000, "text_characters": 2000, "texts": 20, "seconds": 10.0}
    assert (about["model"], about["task"], about["by"], about["token"]) == ("stand-in", "atsa", ["target"], False)


def test_counting(running: Service) -> None:
    name = 'aspectra_requests_total{path="/v1/extract",status="200"}'
    texts, before = metric(running, "aspectra_texts_total"), metric(running, name)
    call(running, body={"texts": ["a", "b", "c"]})
    call(running, "/no/such/../path")
    assert metric(running, name) == before + 1
    assert metric(running, "aspectra_texts_total") == texts + 3
    assert metric(running, 'aspectra_requests_total{path="other",status="404"}') >= 1
    content = call(running, "/metrics").body
    assert b"such" not in content, "a client makes no series"
    assert b"aspectra_queue_texts 0.0" in content


def test_requests_at_the_same_time_share_batches() -> None:
    with service(batch=0.1, wait=0.05) as running, ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: call(running, body={"text": f"The w{n} was fine."}), range(16)))
        batches = metric(running, "aspectra_batch_texts_count")
        assert metric(running, "aspectra_texts_total") == 16
        assert batches < 10


def test_too_much_at_once_is_told_to_wait() -> None:
    with service(queue=2, batch=0.4) as running, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda n: call(running, body={"texts": [f"{n}", "b"]}), range(12)))
    assert {answer.status for answer in answers} == {200, 429}
    refused = [answer for answer in answers if answer.status == 429]
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert "try again" in refused[0].body["detail"]


def test_what_takes_too_long_is_given_up() -> None:
    with service(seconds=0.3) as running:
        answer = call(running, body={"text": SLOW})
        assert answer.status == 504
        assert "0.3 s" in answer.body["detail"]
        time.sleep(0.8)
        assert call(running, body={"text": "The soup was fine."}).status == 200


def test_a_model_that_fails_is_told_in_a_line_and_serves_on(running: Service) -> None:
    answer = call(running, body={"text": BROKEN})
    assert (answer.status, answer.body) == (500, {"detail": "the service failed; see its log"})
    assert call(running, body={"text": "fine"}).status == 200


def test_a_client_that_leaves_is_not_worked_for() -> None:
    with service(batch=1.0) as running:
        asked = threading.Thread(target=call, args=(running, "/v1/extract", {"text": "first"}))
        asked.start()
        time.sleep(0.3)
        body = b'{"text": "left"}'
        head = f"POST /v1/extract HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", running.port)) as left:
                left.sendall(head.encode() + b"\r\n\r\n" + body)
                time.sleep(0.02)
        asked.join()
        assert call(running, body={"text": "last"}).status == 200
        assert metric(running, "aspectra_texts_total") <= 3


@pytest.fixture(scope="module")
def locked() -> Iterator[Service]:
    with service(token="sesame-~42") as running:
        yield running


@pytest.mark.parametrize("path", ["/v1/extract", "/v1/classify", "/metrics"])
def test_a_token(path: str, locked: Service) -> None:
    def asked(**headers: str) -> Answer:
        body = None if path == "/metrics" else {"text": "a", "target": "a"} if "classify" in path else {"text": "a"}
        return call(locked, path, body, headers=headers)

    right = "Bearer sesame-~42"
    assert asked(Authorization=right).status == 200
    assert asked(Authorization=right.replace("Bearer", "bearer")).status == 200
    for wrong in ("", "Bearer", "Bearer sesame", right + "x", right.replace("Bearer", "Basic"), "Bearer \xff"):
        answer = asked(Authorization=wrong)
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert asked().status == 401


def test_a_token_is_asked_for_before_the_body_is_looked_at(locked: Service) -> None:
    assert call(locked, raw=b"[" * 50).status == 401
    for path in ("/", "/healthz", "/readyz", "/v1/about", "/openapi.json"):
        assert call(locked, path).status == 200
    assert call(locked, "/v1/about").body["token"] is True


def test_the_page_and_its_headers(running: Service) -> None:
    paths = ("/", "/page.css", "/style.css", "/page.js", "/api.js", "/many.js", "/table.js", "/icon.svg")
    for path in paths:
        answer = call(running, path)
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert b"http://" not in answer.body.replace(b"http://www.w3.org/2000/svg", b""), "nothing from outside"
        assert b"https://" not in answer.body
        assert call(running, path, method="HEAD").status == 200
    for path in (
        "/../pyproject.toml",
        "/page/../page.css",
        "/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/page.html",
        "/docs",
    ):
        assert call(running, path).status == 404
    assert call(running, "/v1/extract").status == 405
    assert "POST" in call(running, "/v1/extract").headers["Allow"]


def test_no_other_site_may_ask(running: Service) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    flight = call(running, "/v1/extract", method="OPTIONS", headers=origin | {"Access-Control-Request-Method": "POST"})
    assert flight.status == 405
    answer = call(running, body={"text": "a"}, headers=origin)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert call(running, raw=b'{"text": "a"}', headers={"Content-Type": "text/plain"}).status == 415
