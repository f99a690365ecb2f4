"""Answers in the marks of chat templates: the assistant's turn alone is the answer, or the answer is rejected."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aspectra.elicit.thinking import strip_thinking
from aspectra.elicit.turns import turn
from aspectra.elicit.validation import validate

REVIEW = "The room was spotless, the breakfast bland."
TOLD = "I loved the spotless room. The breakfast disappointed me."


def told(form: str) -> tuple[str, str | None]:
    return validate("rewriting", strip_thinking(form.replace("{}", TOLD))[0], REVIEW, "stop")


@pytest.mark.parametrize(
    "form",
    [
        "<|start_header_id|>assistant<|end_header_id|>\n\n{}<|eot_id|>",
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nx<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n{}<|eot_id|>",
        "{}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHere is another",
        "<|header_start|>assistant<|header_end|>\n\n{}<|eot|>",
        "[INST] x [/INST] {}</s>",
        "x [/INST] {}</s>",
        "<s>[INST] <<SYS>>\nbe\n<</SYS>>\n\nx [/INST] {} </s><s>[INST] y [/INST] z",
        "[SYSTEM_PROMPT]y[/SYSTEM_PROMPT][INST]x[/INST]{}</s>",
        "<|im_start|>assistant\n{}<|im_end|>",
        "<|im_start|>assistant {}<|im_end|>",
        "<|im_start|>user\nx<|im_end|>\n<|im_start|>assistant\n{}<|im_end|>\n<|im_start|>user\nmore",
        "<|im_start|>assistant\nHm.</think>\n{}<|im_end|>",
        "<|im_start|>assistant<|im_sep|>{}<|im_end|>",
        "<|im_assistant|>assistant<|im_middle|>{}<|im_end|>",
        "<bos><start_of_turn>user\nx<end_of_turn>\n<start_of_turn>model\n{}<end_of_turn>",
        "<|turn>model\n{}<turn|>",
        "<|user|>\nx<|end|>\n<|assistant|>\n{}<|end|>",
        "<｜begin▁of▁sentence｜><｜User｜>x<｜Assistant｜>{}<｜end▁of▁sentence｜>",
        "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|USER_TOKEN|>x<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{}<|END_OF_TURN_TOKEN|>",
        "<|start_of_role|>user<|end_of_role|>x<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>{}<|end_of_text|>",
        "<extra_id_0>System\n\n<extra_id_1>User\nx\n<extra_id_1>Assistant\n{}\n<extra_id_1>",
        "<SPECIAL_10>System\n\n<SPECIAL_11>User\nx\n<SPECIAL_11>Assistant\n{}\n<SPECIAL_12>",
        "<SPECIAL_12>{}",
        "[|user|]x\n[|assistant|]{}[|endofturn|]",
        "]~b]ai\n{}[e~[",
        "<seed:bos>assistant\n{}<seed:eos>",
        "[gMASK]<sop><|user|>\nx<|assistant|>\n{}",
        "<|assistant_start|><|inner_prefix|>Hm.<|inner_suffix|>{}<|assistant_end|>",
        "<|inner_prefix|>Hm.<|inner_suffix|>{}",
        "{}<|endoftext|>Other text",
        "GPT4 Correct User: x<|end_of_turn|>GPT4 Correct Assistant: {}<|end_of_turn|>",
        "<human>: x\n<bot>: {}",
        "<assistant>{}</assistant>",
        "assistant\n\n{}",
        "system\nyou\nuser\nx\nassistant\n{}",
        "USER: x ASSISTANT: {}",
        "ASSISTANT: {}</s>USER: more",
        "### Instruction:\nx\n\n### Response:\n{}",
        "{}\nuser\nmore\nassistant\nyes",
        "{}assistant\n\nHere is another",
    ],
)
def test_the_turn_of_the_assistant_is_the_answer(form: str) -> None:
    assert told(form) == (TOLD, None)


@pytest.mark.parametrize(
    "form",
    [
        "<|foo|>hm<|bar|>{}",
        "<|foo|>hm<|end|>{}",
        "hm<|foo|>{}",
        "hm<|im_start|>assistant\n{}",
        "<|python_tag|>{}",
        '<|tool_call|>{"name": "x"}<|end|>{}',
        "[TOOL_CALLS] {}",
        "<|im_start|>user\n{}<|im_end|>",
        "I <|foo|> {}",
    ],
)
def test_an_answer_is_rejected_if_a_mark_leaves_open_what_it_is(form: str) -> None:
    assert told(form)[1] == "reasoning left in it"


@pytest.mark.parametrize("empty", ["<|im_start|>assistant\n<|im_end|>", "</s>", "<s><|assistant|>"])
def test_marks_alone_are_an_empty_answer(empty: str) -> None:
    assert told(empty) == ("", "empty")


@pytest.mark.parametrize(
    ("kind", "form", "answer"),
    [
        ("polarity", "[INST] Is it positive or negative? [/INST] Negative</s>", "Negative"),
        ("polarity", "<|start_header_id|>assistant<|end_header_id|>\n\nPositive<|eot_id|>", "Positive"),
        (
            "extraction",
            '<|im_start|>user\nlike [{"target": "x", "polarity": "y"}]<|im_end|>\n<|im_start|>assistant\n[]',
            "[]",
        ),
    ],
)
def test_the_question_is_not_read_as_an_answer_of_any_kind(kind: str, form: str, answer: str) -> None:
    assert validate(kind, form, REVIEW, "stop") == (answer, None)


def test_a_mark_that_the_review_has_is_a_word_of_it() -> None:
    review = "It prints <|im_end|> and [INST] after <b>each</b> answer."
    assert validate("rewriting", review + " I hate it.", review, "stop") == (review + " I hate it.", None)
    assert validate("rewriting", review + " I <i>hate</i> it.", review, "stop")[1] == "reasoning left in it"


def test_an_answer_that_ran_on_into_another_turn_is_complete() -> None:
    assert validate("rewriting", TOLD + "<|im_end|>\n<|im_start|>user\nmo", REVIEW, "length") == (TOLD, None)


PARTS = ["<|", "|>", "assistant", "user", "\n", "<s>", "[/INST]", "x"]


@given(st.text() | st.lists(st.sampled_from(PARTS)).map("".join))
def test_no_text_makes_it_raise_and_the_turn_was_said(text: str) -> None:
    assert turn(text)[0] in text


@pytest.mark.parametrize(
    "text", [4000 * each for each in ("<|im_start|>", "user\n", "<", "USER: ", "a<|x|>", "assistant\n")]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    turn(text)
    assert time.perf_counter() - began < 2
