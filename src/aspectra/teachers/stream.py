"""Assembles an answer that arrives as a stream of events.

Called by `aspectra.teachers.openai`. Some endpoints only stream, others stream without being asked.
"""

from __future__ import annotations

import json
from typing import Any

REASONING = ("reasoning_content", "reasoning")


def is_stream(body: bytes) -> bool:
    """Whether a body is server-sent events, or one line of JSON for each chunk.

    >>> [is_stream(each) for each in (b'data: {}', b': wait', b'{"object": "chat.completion.chunk"}', b'{"id": 1}')]
    [True, True, True, False]
    """
    start = body.lstrip()[:200]
    return start.startswith((b"data:", b"event:", b"id:", b"retry:", b":")) or b"chat.completion.chunk" in start


def assembled(body: bytes) -> dict[str, Any]:
    """The chat completion that a stream's chunks make. A stream without an end marker is aborted.

    Raises ValueError for a chunk that is not JSON, TypeError or AttributeError for other JSON.
    """
    content: list[Any] = []
    message: dict[str, Any] = {"content": content}
    choice: dict[str, Any] = {"finish_reason": None, "message": message}
    whole: dict[str, Any] = {"choices": []}
    over = False
    for line in body.decode("utf-8", "replace").split("\n"):
        data = line.strip().removeprefix("data:").strip()
        over |= data == "[DONE]"
        if not data.startswith("{"):
            continue
        piece = json.loads(data)
        for name in ("usage", "error"):
            whole[name] = piece.get(name) or whole.get(name)
        if piece.get("object") == "error" or ("choices" not in piece and "message" in piece):
            whole["error"] = piece
        for part in piece.get("choices") or ():
            if part.get("index", 0) != 0:
                continue
            whole["choices"] = [choice]
            choice["finish_reason"] = part.get("finish_reason") or choice["finish_reason"]
            choice["error"] = part.get("error") or choice.get("error")
            # Some endpoints send the whole message again at the end.
            delta = part.get("delta") or ({} if content else part.get("message")) or {}
            said = delta.get("content")
            content += said if isinstance(said, list) else [said] if isinstance(said, str) else []
            for name in (*REASONING, "refusal"):
                if isinstance(delta.get(name), str):
                    message[name] = message.get(name, "") + delta[name]
    if whole["choices"] and not over and choice["finish_reason"] is None:
        choice["finish_reason"] = "aborted"
    return whole
