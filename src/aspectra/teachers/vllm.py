"""A model that vLLM runs on a cluster: its identity in the store, vLLM's settings from ours, its rows as replies.

Made by `aspectra.teachers.make`. `aspectra.elicit.ray_vllm` runs the model, not this process.
"""

from __future__ import annotations

from typing import Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.teacher import Question, Reply, drawn, identifying

BATCH = 64  # requests in a batch for an engine; it works on several batches at once
Row = dict[str, Any]


class VllmTeacher:
    """The name and settings under which answers are stored: the same as for this model behind vLLM's own server."""

    instant = False
    free = True

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model.strip():
            raise UserError(
                "--model is missing: name the model's folder, the same on every node, or a model on the Hub"
            )
        if config.attempts > 1:
            raise UserError("--attempts is for endpoints; here, run again with --retry-rejected and another --seed")
        for name in ("max_cost", "rpm", "tpm"):
            if getattr(config, name) is not None:
                raise UserError(f"--{name.replace('_', '-')} is for endpoints; leave it out with vLLM")
        self.model = config.model
        self.settings = identifying(config)

    async def ask(self, question: Question) -> Reply:
        raise UserError("--teacher vllm runs on a cluster: add --engine ray")

    async def close(self) -> None:
        return None


def processor(config: ElicitConfig, workers: int, engine: dict[str, Any]) -> dict[str, Any]:
    """Our settings as arguments of `ray.data.llm.vLLMEngineProcessorConfig`."""
    return {
        "model_source": config.model,
        # The instruction is the same for all reviews and comes first.
        "engine_kwargs": {"enable_prefix_caching": True, **engine},
        "concurrency": (workers, workers),
        "batch_size": BATCH,
        "detokenize_stage": False,  # the engine does it
    }


def sampling(config: ElicitConfig) -> dict[str, Any]:
    """Our settings as vLLM's sampling parameters."""
    return {**drawn(config), **config.extra_body}


def reply(row: Row, most: int) -> Reply:
    """The engine's answer. It does not report a finish reason: an answer of `most` tokens was cut off."""
    count = int(row["num_generated_tokens"])
    return Reply(row["generated_text"], "length" if count >= most else "stop", int(row["num_input_tokens"]), count)
