"""The service's metrics in Prometheus' text format; one registry for each application.

Called by `aspectra.serve.app`. Labels have fixed values, so clients cannot create new series.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
TEXTS = (1, 2, 4, 8, 16, 32, 64, 128)
OTHER = "other"


class Metrics:
    """Counters and histograms of one application."""

    def __init__(self, waiting: Callable[[], float]) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        labels = ("path", "status")
        self.requests = Counter("aspectra_requests", "Requests answered.", labels, registry=registry)
        self.seconds = Histogram(
            "aspectra_request_seconds", "Time to answer.", ("path",), buckets=SECONDS, registry=registry
        )
        self.texts = Counter("aspectra_texts", "Texts that the model read.", registry=registry)
        self.batch = Histogram("aspectra_batch_texts", "Texts in a batch.", buckets=TEXTS, registry=registry)
        self.model = Histogram("aspectra_batch_seconds", "Time of a batch.", buckets=SECONDS, registry=registry)
        Gauge("aspectra_queue_texts", "Texts that wait.", registry=registry).set_function(waiting)

    def batched(self, texts: int, seconds: float) -> None:
        """Record a batch."""
        self.texts.inc(texts)
        self.batch.observe(texts)
        self.model.observe(seconds)

    def text(self) -> bytes:
        """All metrics."""
        return generate_latest(self.registry)


class Watched:
    """ASGI middleware: counts requests, and adds `headers` to every response."""

    def __init__(self, app: Any, metrics: Metrics, paths: Collection[str], headers: dict[str, str]) -> None:
        self.app, self.metrics, self.paths = app, metrics, paths
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        path = scope["path"] if scope["path"] in self.paths else OTHER

        async def sent(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self.headers]
                self.metrics.requests.labels(path, str(message["status"])).inc()
                self.metrics.seconds.labels(path).observe(time.perf_counter() - started)
            await send(message)

        await self.app(scope, receive, sent)
