"""What models think aloud, in every vendor's marks: none of it is the answer."""

from __future__ import annotations

import time

import pytest

from aspectra.elicit.thinking import strip_thinking
from aspectra.elicit.validation import validate

REVIEW = "Lovely pool."
TOLD = "I love the pool."


def test_thinking_is_taken_off_and_counted() -> None:
    assert strip_thinking("<think>hm</think>\n\nyes") == ("yes", 2)
    assert strip_thinking("let me see</think> yes") == ("yes", 10)
    assert strip_thinking("<think>never done") == ("", 10)
    assert strip_thinking("a < b </b> c") == ("a < b </b> c", 0)
    assert strip_thinking("<think>a <think>b</think> c</think>yes")[0] == "yes"


THOUGHT = "<|channel|>analysis<|message|>We should do it."
HARMONY = THOUGHT + "<|end|><|start|>assistant<|channel|>final<|message|>{}<|return|>"


@pytest.mark.parametrize(
    "form",
    [
        HARMONY,
        "<|start|>assistant" + HARMONY.removesuffix("<|return|>"),
        "We should do it.<|end|><|start|>assistant<|channel|>final<|message|>{}",
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary to=functions.x "
        "<|constrain|>json<|message|>1<|call|><|start|>assistant<|channel|>final <|constrain|>text<|message|>{}<|end|>",
        "analysisWe should do it.assistantfinal{}",
        "analysis\n\nThe user wants it.\n\nassistant final{}",
        "<thought>Hm.</thought>\n{}",
        "<thoughts>Hm.</thoughts>{}",
        "<thinking>Hm.</think>{}",
        "<thinking duration='3'>Hm.</thinking>{}",
        "<reasoning>Hm.</reasoning>{}",
        "<reflection>Hm.</reflection>{}",
        "<scratchpad>Hm.</scratchpad>\n<answer>{}</answer>",
        "<seed:think>Hm.</seed:think>{}",
        "<think>Hm.</think><answer>\n{}\n</answer>",
        "<analysis>It is lovely.</analysis><rewriting>{}</rewriting>",
        "[THINK]Hm.[/THINK]{}",
        "◁think▷Hm.◁/think▷{}",
        "<|begin_of_thought|>Hm.<|end_of_thought|>\n\n<|begin_of_solution|>\n{}\n<|end_of_solution|>",
        "<|START_THINKING|>Hm.<|END_THINKING|><|START_RESPONSE|>{}<|END_RESPONSE|>",
        "<unused94>thought\nHm.<unused95>{}",
        "<|channel>thought\nHm.<channel|>{}",
        "&lt;think&gt;Hm.&lt;/think&gt;{}",
        "Hm, so.</thought>\n{}",
        "Hm.[/THINK]{}",
        "Hm.◁/think▷{}",
        "Here is my thought process:\nHm.\n\nHere is my response:\n\n{}",
        "**Thinking:** Hm.\n\n**Answer:** {}",
        "<|assistant|>\n{}",
        "{}<|im_end|>",
        "{}<｜end▁of▁sentence｜>",
        "<start_of_turn>model\n{}<end_of_turn>",
    ],
)
def test_the_answer_alone_is_kept_whatever_a_vendor_puts_around_it(form: str) -> None:
    answer, _ = strip_thinking(form.format(TOLD))
    assert validate("rewriting", answer, REVIEW, "stop") == (TOLD, None)


@pytest.mark.parametrize(
    "left",
    [
        "analysisWe should do it.",
        "I love the pool. assistantfinal I do.",
        "Okay, so the user wants a rewriting of the review. I love the pool.",
        "We need to rewrite the review in the first person. I love the pool.",
        "Thinking Process:\n\n1. Analyze the request.",
        "I love ```the pool.",
        "I love the pool. <|channel>",
    ],
)
def test_a_rewriting_in_which_reasoning_is_left_is_rejected(left: str) -> None:
    assert validate("rewriting", strip_thinking(left)[0], REVIEW, "stop")[1] == "reasoning left in it"


@pytest.mark.parametrize("lost", [THOUGHT, "<thought>Hm, so", "[THINK]Hm, so", "<|channel|>analysis"])
def test_reasoning_that_never_came_to_an_answer_is_none(lost: str) -> None:
    assert strip_thinking(lost)[0] == ""


@pytest.mark.parametrize(
    "text",
    [
        "I thought the pool was lovely; my reasoning: it is warm.",
        "We need to talk about the pool: I love it.",
        "The user manual is <3 and I love it, a < b.",
        "So I have to tell you that I love the pool.",
    ],
)
def test_a_review_that_speaks_of_thoughts_keeps_them(text: str) -> None:
    assert validate("rewriting", strip_thinking(text)[0], REVIEW, "stop") == (text, None)


@pytest.mark.parametrize(
    "text", ["thought:" + "\n- " * 3000, *(3000 * each for each in ("<think>", "<", "<|channel|>"))]
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    strip_thinking(text)
    assert time.perf_counter() - began < 2
