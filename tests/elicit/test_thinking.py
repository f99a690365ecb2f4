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
        "<plan>1. Do it.</plan>{}",
        "<cot>Hm.</cot>{}",
        "<chain_of_thought>Hm.</chain_of_thought>{}",
        "<chain-of-thought>Hm.</chain-of-thought>{}",
        "<monologue>Hm.</monologue>{}",
        "<internal>Hm.</internal>{}",
        "<internal_thoughts>Hm.</internal_thoughts>{}",
        "<step>One.</step>\n<step>Two.</step>\n{}",
        "<step_1>One.</step_1>{}",
        "<planning>Hm.</planning>{}",
        "<deliberation>Hm.</deliberation>{}",
        "<rationale>Hm.</rationale>{}",
        "[REASONING]Hm.[/REASONING]{}",
        "<|thought_start|>Hm.<|thought_end|>{}",
        "<|begin_of_reasoning|>Hm.<|end_of_reasoning|>{}",
        "<details><summary>Thinking</summary>\nHm.\n</details>\n\n{}",
        "<details open>\n<summary>Reasoning</summary>\nHm.\n</details>\n{}",
        "<!-- thinking: hm -->\n{}",
        "{}\n<!-- 16 words -->",
        "<analysis>It is lovely.</analysis>\n{}",
        "<review>Lovely pool.</review>\n<rewriting>{}</rewriting>",
        "<rewritten-review>{}</rewritten-review>",
        "**Analysis**\nThe author is pleased.\n\n**Rewrite**\n{}",
        "## Analysis of the review\n\n- pool: good\n\n## Rewritten Review\n\n{}",
        "Analysis: pleased.\n\nRewritten review: {}",
        "**Plan:**\n1. Pool.\n\n**Final version:**\n{}",
        "Step 1: pool.\nStep 2: write.\n\nFinal answer:\n{}",
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
        "<tool_call>{}</tool_call>I love the pool.",
        "<function=rewrite>I love the pool.</function>",
        "<foo>hm</foo>I love the pool.",
        "I love the pool. <foo/>",
        "I love the pool.</foo>",
        "&lt;foo&gt;hm&lt;/foo&gt;I love the pool.",
        "<analysis>The author is pleased.</analysis>",
        "I love the pool. <!-- hm",
        "**Analysis**\n\nThe author is pleased.",
        "## My thought process\n\nThe author is pleased.",
        "Reasoning: the author is pleased.",
        "My task is to rewrite the review. I love the pool.",
        "Let me think about this review. I love the pool.",
        "Let's think step by step. I love the pool.",
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
        "I love it <- really -> but > 5 people and <$20, [sic], is a lot.",
        "The plan: we swim. My notes: a lovely pool, step by step.",
        "Thoughts: I love the pool. Final verdict: go.",
        "Let me think about the pool: I love it.",
        "Breakdown of the costs:\nthe pool was cheap. I love it.",
        "So I have to tell you that I love the pool.",
    ],
)
def test_a_review_that_speaks_of_thoughts_keeps_them(text: str) -> None:
    assert validate("rewriting", strip_thinking(text)[0], REVIEW, "stop") == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "thought:" + "\n- " * 3000,
        *(3000 * each for each in ("<think>", "<", "<|channel|>", "<!--", "<details ", "<a ", "&lt;", "analysis\n")),
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    strip_thinking(text)
    assert time.perf_counter() - began < 2
