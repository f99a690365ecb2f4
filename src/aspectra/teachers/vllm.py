"""A model that vLLM runs on a cluster: what its answers are stored under, our settings as its own, its rows as replies.

Made by `aspectra.teachers.make`; asked by `aspectra.elicit.ray_vllm`, not in this process.
"""

from __future__ import annotations

from typing import Any

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.teacher import Question, Reply, drawn, identifying

BATCH = 64  # requests that an engine is given at a time; it has several such batches in hand
Row = dict[str, Any]


class VllmTeacher:
    """Says under which name and settings the answers are stored: those of the same model behind vLLM's own server."""

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
        # The instruction is the same for all reviews and stands first.
        "engine_kwargs": {"enable_prefix_caching": True, **engine},
        "concurrency": (workers, workers),
        "batch_size": BATCH,
        "detokenize_stage": False,  # the engine does it
    }


def sampling(config: ElicitConfig) -> dict[str, Any]:
    """Our settings as vLLM's sampling parameters."""
    return {**drawn(config), **config.extra_body}


def reply(row: Row, most: int) -> Reply:
    """What the engine wrote. It does not say why it stopped: at `most` tokens it was cut off."""
    count = int(row["num_generated_tokens"])
    return Reply(row["generated_text"], "length" if count >= most else "stop", int(row["num_input_tokens"]), count)
