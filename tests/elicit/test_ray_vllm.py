"""Our requests as vLLM's rows, its rows as our outcomes; vLLM itself is not installed here."""

from __future__ import annotations

from aspectra.config import ElicitConfig
from aspectra.elicit.nearest import Prompts
from aspectra.elicit.ray_vllm import answer, question
from aspectra.elicit.store import Ask

ASKS = [Ask("rewriting", "v1", "m", "{}"), Ask("analysis", "v1", "m", "{}")]
GOOD = 'Opinion Target 1: "pool"\nAspect: General\nSentiment: Positive\nReasoning: The author likes it.'


def test_a_request_and_its_answer() -> None:
    config = ElicitConfig(teacher="vllm", model="m", temperature=0.3, seed=7, max_tokens=64)
    row = question(Prompts(config, ()), ASKS, config, {"ask": 1, "text": "The pool is fine."})
    assert row["messages"][-1]["content"].endswith("The pool is fine.") and row["sampling_params"]["max_tokens"] == 64
    told = {"ask": 1, "text": "The pool is fine.", "generated_text": GOOD, "num_input_tokens": 90}
    done = answer(ASKS, 64, {**told, "num_generated_tokens": 30})
    assert (done.status, done.tokens_in, done.tokens_out, done.spent_out) == ("done", 90, 30, 30)
    assert done.text == GOOD and done.created is not None
    cut = answer(ASKS, 64, {**told, "num_generated_tokens": 64})
    assert (cut.status, cut.reason) == ("rejected", "truncated")
