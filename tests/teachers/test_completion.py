"""A chat completion as servers write it down, read as a reply."""

from __future__ import annotations

from typing import Any

import pytest
from tests.vendors import TORN, said

from aspectra.teachers.completion import completion
from aspectra.teachers.teacher import TryError


@pytest.mark.parametrize("name", [name for name in TORN if TORN[name].get("choices")])
def test_an_answer_that_broke_off_is_a_fault_that_may_pass(name: str) -> None:
    with pytest.raises(TryError, match=r"^the answer broke off \(") as error:
        completion(TORN[name])
    taken = error.value.spent
    assert (taken and (taken.tokens_in, taken.tokens_out)) == (None if name == "torn-abort" else (100, 20))


@pytest.mark.parametrize(
    ("told", "meant"), [("max_tokens", "length"), ("SAFETY", "content_filter"), ("stop", "stop"), (None, None)]
)
def test_why_an_answer_ended_is_told_in_one_set_of_words(told: str | None, meant: str | None) -> None:
    assert completion(said({"content": "Yes."}, told)).finish_reason == meant


MAGISTRAL = [
    {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}], "closed": True},
    {"type": "text", "text": "Yes, "},
    {"type": "text", "text": "I do."},
]


@pytest.mark.parametrize(
    ("message", "text", "thinking"),
    [
        ({"content": MAGISTRAL}, "Yes, I do.", 11),
        ({"content": [{"type": "thinking", "thinking": "Hm.", "signature": "xyz"}, {"text": "I"}]}, "I", 3),
        ({"content": [{"type": "reasoning", "text": "Hm."}, {"type": "output_text", "text": "I"}]}, "I", 3),
        ({"content": [{"type": "redacted_thinking", "data": "abc"}, {"type": "text", "text": "I"}]}, "I", 3),
        ({"content": ["I ", "do."]}, "I do.", 0),
        ({"content": {"type": "text", "text": "I do."}}, "I do.", 0),
        ({"content": [{"type": "text", "text": {"value": "I do.", "annotations": []}}]}, "I do.", 0),
        ({"content": [{"type": "text", "text": "I do."}, None, {"type": "image_url", "image_url": {}}]}, "I do.", 0),
        ({"content": [{"type": "thinking", "thinking": "Hm."}]}, "", 3),
        ({"content": "I do.", "reasoning_content": "Hm."}, "I do.", 3),
        ({"content": "I do.", "reasoning": {"content": "Hm."}}, "I do.", 3),
        ({"content": "I do.", "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}]}, "I do.", 3),
        ({"content": "I do.", "reasoning_content": "", "reasoning": "Hm."}, "I do.", 3),
        ({"content": None, "tool_calls": []}, "", 0),
        ({}, "", 0),
    ],
)  # fmt: skip
def test_content_comes_whole_or_in_parts_and_reasoning_beside_it_or_among_them(
    message: dict[str, Any], text: str, thinking: int
) -> None:
    reply = completion(said(message))
    assert (reply.text, reply.thinking) == (text, thinking)


@pytest.mark.parametrize(
    "message",
    [{"content": None, "refusal": "Not this one."}, {"content": [{"type": "refusal", "refusal": "Not this one."}]}],
)
def test_a_refusal_beside_the_content_is_one_whatever_its_words(message: dict[str, Any]) -> None:
    reply = completion(said(message))
    assert (reply.text, reply.finish_reason) == ("Not this one.", "refusal")


def test_a_filter_may_leave_no_message_and_an_older_server_a_text() -> None:
    body = said({}, "content_filter")
    del body["choices"][0]["message"]
    assert completion(body).finish_reason == "content_filter"
    body["choices"][0] |= {"text": "Yes.", "finish_reason": "stop"}
    assert completion(body).text == "Yes."
    body["usage"] = {"input_tokens": 7, "output_tokens": 2}
    assert (completion(body).tokens_in, completion(body).tokens_out) == (7, 2)


@pytest.mark.parametrize("body", [{"hello": 1}, {"choices": []}, {"choices": [{}]}, [], "no", {"choices": [3]}])
def test_other_json_is_no_completion(body: Any) -> None:
    with pytest.raises((LookupError, TypeError, AttributeError)):
        completion(body)
