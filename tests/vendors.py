"""What endpoints were seen to say, by name: a status, and JSON or the text of a page. `tests.faults` serves them."""

from __future__ import annotations

from typing import Any

HALF = 'Opinion Target 1: "Pool"\nAspect: '
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def said(message: dict[str, Any], finish_reason: str | None = "stop", **choice: Any) -> dict[str, Any]:
    """A chat completion of this message."""
    whole = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}, **choice}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [whole], "usage": USAGE}


# Answers that broke off, as status 200.
TORN = {
    "torn": said({"content": HALF}, "error"),
    "torn-choice": said({"content": HALF}, None, error={"code": 502, "message": "Provider disconnected"}),
    "torn-empty": said({"content": ""}, "error"),
    "torn-beside": {**said({"content": HALF}), "error": {"message": "Upstream idle timeout", "code": 504}},
    "torn-resources": said({"content": HALF}, "insufficient_system_resource"),
    "torn-abort": {**said({"content": HALF}, "abort"), "usage": None},
    "error-200": {"error": {"message": "Provider returned error", "code": 503}},
    "error-200-empty": {"choices": [], "error": {"message": "Internal error"}},
}
SAID: dict[str, tuple[int, Any]] = {name: (200, body) for name, body in TORN.items()}
