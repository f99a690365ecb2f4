"""What a server of OpenAI's kind says, as JSON: a chat completion as a reply, an error as a text.

Called by `aspectra.teachers.openai` and `local`, and by `aspectra.elicit.batches`, whose results hold the same.
"""

from __future__ import annotations

from typing import Any

from aspectra.teachers.teacher import Reply


def completion(body: Any) -> Reply:
    """A chat completion's JSON as a reply. Raises LookupError, TypeError or AttributeError for any other JSON."""
    choice = body["choices"][0]
    message = choice["message"]
    usage = body.get("usage") or {}
    text = message.get("content") or message.get("refusal")
    apart = message.get("reasoning_content") or message.get("reasoning") or ""
    finish = choice.get("finish_reason")
    return Reply(
        text=text if isinstance(text, str) else "",
        finish_reason=finish if isinstance(finish, str) else None,
        tokens_in=_count(usage.get("prompt_tokens")),
        tokens_out=_count(usage.get("completion_tokens")),
        thinking=len(apart) if isinstance(apart, str) else 0,
    )


def _count(value: Any) -> int | None:
    """A number of tokens, where it can be one."""
    return value if isinstance(value, int) and 0 <= value < 1 << 53 else None


def message_of(body: Any) -> str:
    """What an endpoint's error says, however it says it."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(inner, dict):
        inner = inner.get("message") or inner.get("detail") or inner
    return str(inner)
