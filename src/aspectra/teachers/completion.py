"""Parses the JSON of an OpenAI-compatible server: a chat completion as a reply, or the error in its place.

Called by `aspectra.teachers.openai` and `local`, and by `aspectra.elicit.batches`, whose results have the same format.
"""

from __future__ import annotations

from typing import Any

from aspectra.teachers.refusal import code_of, message_of
from aspectra.teachers.teacher import Reply, TryError

# Finish reasons of other vendors, mapped to OpenAI's: Mistral, Anthropic, Gemini, GLM, DeepSeek, vLLM.
ENDS = {
    **dict.fromkeys(("max_tokens", "model_length", "max_output_tokens", "max_completion_tokens"), "length"),
    **dict.fromkeys(
        ("safety", "recitation", "prohibited_content", "blocklist", "spii", "sensitive", "guardrail_intervened"),
        "content_filter",
    ),
}
TORN = frozenset(
    {
        "error", "abort", "aborted", "cancelled", "canceled", "network_error", "server_error", "internal_error",
        "insufficient_system_resource", "malformed_function_call", "timeout",
    }
)  # fmt: skip
BUSY = frozenset({429, 503, 529})  # the endpoint wants fewer requests at once
APART = ("reasoning_content", "reasoning", "thinking", "reasoning_details", "thinking_blocks")
REASONING = ("think", "reason")  # in the type of a part that is not the answer


def completion(body: Any) -> Reply:
    """A chat completion's JSON as a reply.

    Raises TryError for an answer that broke off, with its token counts; LookupError, TypeError or AttributeError for
    JSON that is not a chat completion.
    """
    choice = body["choices"][0]
    finish = choice.get("finish_reason")
    finish = ENDS.get(finish.lower(), finish) if isinstance(finish, str) else None
    used = usage(body)
    error = choice.get("error") or body.get("error")
    if error or (finish or "").lower() in TORN:
        told = message_of({"error": error}) if error else f"finish_reason: {finish}"
        counted = used if used.tokens_in is not None or used.tokens_out is not None else None
        raise TryError(f"the answer broke off ({told})", busy=code_of(error) in BUSY, spent=counted)
    message = choice.get("message")
    if not isinstance(message, dict):
        # An older format, or a filter that removed the whole answer.
        message = {"content": choice["text"] if finish != "content_filter" else ""}
    text, hidden = parts(message.get("content"))
    if not text.strip() and (refusal := _refusal(message)):
        text, finish = refusal, "refusal"
    apart = next((size for name in APART if (size := length(message.get(name)))), 0)
    return Reply(text, finish, used.tokens_in, used.tokens_out, thinking=hidden or apart)


def parts(content: Any) -> tuple[str, int]:
    """The text of a message's content, a string or parts, and the number of characters of reasoning.

    >>> parts([{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Yes"}, {"type": "text", "text": "."}])
    ('Yes.', 2)
    """
    if isinstance(content, str):
        return content, 0
    text, hidden = "", 0
    for part in content if isinstance(content, list) else [content]:
        kind = str(part.get("type", "")) if isinstance(part, dict) else ""
        if any(word in kind for word in REASONING):
            hidden += length({name: value for name, value in part.items() if name not in ("type", "signature")})
        elif isinstance(part, str):
            text += part
        elif isinstance(part, dict):
            said = part.get("text") or part.get("content")
            said = said.get("value") if isinstance(said, dict) else said
            text += said if isinstance(said, str) else parts(said)[0] if isinstance(said, list) else ""
    return text, hidden


def _refusal(message: dict[str, Any]) -> str:
    """A refusal next to the content, or as a part of it."""
    content = message.get("content")
    places = [message, *(content if isinstance(content, list) else ())]
    found = (place.get("refusal") for place in places if isinstance(place, dict))
    return next((each for each in found if isinstance(each, str) and each.strip()), "")


def length(value: Any) -> int:
    """Characters of all text in a nested value."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(length(each) for name, each in value.items() if name not in ("type", "signature", "format", "id"))
    return sum(map(length, value)) if isinstance(value, list) else 0


def usage(body: Any) -> Reply:
    """The token counts of an answer, as a reply without text."""
    told = body.get("usage") or {}
    read = _count(told, "prompt_tokens", "input_tokens")
    return Reply("", None, read, _count(told, "completion_tokens", "output_tokens"))


def _count(told: dict[str, Any], *names: str) -> int | None:
    """The first valid token count under one of the names."""
    found = (told.get(name) for name in names)
    return next((value for value in found if isinstance(value, int) and 0 <= value < 1 << 53), None)
