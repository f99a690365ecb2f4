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
    "error-200-object": {"object": "error", "message": "Internal error", "code": 50001},
    "error-200-detail": {"detail": "upstream is gone"},
    "error-200-empty": {"choices": [], "error": {"message": "Internal error"}},
}
SAID: dict[str, tuple[int, Any]] = {name: (200, body) for name, body in TORN.items()}


def openai(message: str, code: str | None = None, param: str | None = None, **more: Any) -> dict[str, Any]:
    """An error as OpenAI words it, and most who are compatible."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code, **more}}


def pydantic(name: str, kind: str, told: str) -> dict[str, Any]:
    """An error of a server in FastAPI: Mistral, vLLM, gateways. It repeats what was sent."""
    sent = {"temperature": 0, "seed": 0, "messages": ["max_tokens not permitted"]}
    return {"detail": [{"type": kind, "loc": ["body", name], "msg": told, "input": sent}]}


# Settings that are not taken: which, and how that is told.
UNWANTED: dict[str, tuple[str, int, Any]] = {
    "seed-pydantic": ("seed", 422, pydantic("seed", "extra_forbidden", "Extra inputs are not permitted")),
    "seed-openai": ("seed", 400, openai("Unrecognized request argument supplied: seed")),
    "seed-param": ("seed", 400, openai("Argument not supported", param="seed")),
    "seed-text": ("seed", 400, {"error": "seed is not supported by this backend"}),
    "seed-detail": ("seed", 422, {"detail": "Unknown field: seed"}),
    "seed-message": ("seed", 400, {"message": "property 'seed' is unsupported, did you mean 'speed'?"}),
    "seed-object": ("seed", 400, {"object": "error", "message": "seed: extra fields not permitted", "code": 400}),
    "seed-gateway": (
        "seed", 400,
        openai("Provider returned error", metadata={"raw": '{"error": {"message": "`seed` is not permitted"}}'}),
    ),
    "temperature-pydantic": (
        "temperature", 422, pydantic("temperature", "greater_than", "Input should be greater than 0"),
    ),
    "temperature-tgi": (
        "temperature", 422,
        {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "validation"},
    ),
    "temperature-openai": (
        "temperature", 400,
        openai(
            "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is "
            "supported.", "unsupported_value", "temperature",
        ),
    ),
    "temperature-anthropic": (
        "temperature", 400,
        {"type": "error", "error": {"type": "invalid_request_error", "message": "`temperature` is deprecated here"}},
    ),
    "max_tokens-openai": (
        "max_tokens", 400,
        openai(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
            "instead.", "unsupported_parameter", "max_tokens",
        ),
    ),
    "max_tokens-pydantic": ("max_tokens", 422, pydantic("max_tokens", "extra_forbidden", "Extra inputs")),
    "response_format-studio": (
        "response_format", 400, {"error": "'response_format.type' must be 'json_schema' or 'text'"},
    ),
    "response_format-param": ("response_format", 400, openai("Invalid parameter", param="response_format.type")),
    "response_format-mode": ("response_format", 400, openai("JSON mode is not supported for this model")),
    "response_format-unsaid": ("response_format", 400, {"error": "bad request"}),
}  # fmt: skip
# Rows that are refused for what they hold: the reason that is kept, and how it is told.
ROWS: dict[str, tuple[str, int, Any]] = {
    "filter-azure": (
        "filtered", 400,
        openai("The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
               "content_filter", "prompt", innererror={"code": "ResponsibleAIPolicyViolation"}),
    ),
    "filter-openrouter": (
        "filtered", 403,
        {"error": {"code": 403, "message": "Your chosen model requires moderation and your input was flagged"}},
    ),
    "filter-dashscope": ("filtered", 400, openai("Input data may contain inappropriate content.")),
    "long-openai": (
        "too long", 400,
        openai("This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
               "context_length_exceeded", "messages"),
    ),
    "long-vllm": (
        "too long", 400,
        openai("'max_tokens' or 'max_completion_tokens' is too large: 512. This model's maximum context length is "
               "4096 tokens and your request has 4000 input tokens.", None, "max_tokens"),
    ),
    "long-llama": (
        "too long", 400,
        {"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it",
                   "type": "exceed_context_size_error"}},
    ),
    "long-anthropic": ("too long", 400, {"type": "error", "error": {"message": "prompt is too long: 9 > 8"}}),
    "long-413": ("too long", 413, "<html><body><h1>413 Request Entity Too Large</h1></body></html>"),
    "long-429": ("too long", 429, openai("Request too large for m: Limit 6000, Requested 8000")),
}  # fmt: skip
# What every row meets, with the words that its user needs.
EVERYONE: dict[str, tuple[str, int, Any]] = {
    "key-google": ("API key not valid", 400, [{"error": {"code": 400, "message": "API key not valid."}}]),
    "key-xai": ("Incorrect API key", 400, {"code": "Client specified an invalid argument",
                                          "error": "Incorrect API key provided: no***"}),
    "model-groq": ("decommissioned", 400, openai("The model `m` has been decommissioned", "model_decommissioned")),
    "model-dashscope": ("Model not exist", 400, openai("Model not exist.", "invalid_parameter_error")),
    "model-together": ("Unable to access", 404, {"error": {"message": "Unable to access model m"}}),
    "limit": ("at most 16384", 400, openai("max_tokens is too large: 99999. This model supports at most 16384 "
                                           "completion tokens.", "invalid_value", "max_tokens")),
    "own-key": ("top_kk", 422, pydantic("top_kk", "extra_forbidden", "Extra inputs are not permitted")),
    "country": ("Country, region, or territory", 403,
                openai("Country, region, or territory not supported", "unsupported_country_region_territory")),
    "method": ("Method Not Allowed", 405, {"detail": "Method Not Allowed"}),
    "page": ("404 page not found", 404, "404 page not found"),
    "retired": ("retired", 410, openai("This model was retired")),
}  # fmt: skip
for group in (UNWANTED, ROWS, EVERYONE):
    SAID |= {name: (status, body) for name, (_, status, body) in group.items()}
SAID["completion"] = (422, pydantic("max_completion_tokens", "extra_forbidden", "Extra inputs are not permitted"))
SAID["reasoning"] = (200, said({"content": None, "reasoning_content": "Let me see. " * 9}, "length"))
SAID["no-json"] = (
    400,
    openai("Failed to generate JSON. Please adjust your prompt.", "json_validate_failed", failed_generation='{"opin'),
)
