"""A model that vLLM runs on a cluster: the name and the settings that its answers are stored under.

It is asked by `aspectra.elicit.ray_vllm`, not in this process. Made by `aspectra.teachers.make`.
"""

from __future__ import annotations

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.teacher import Question, Reply, identifying


class VllmTeacher:
    """Says under which name and settings the answers are stored: those of the same model behind vLLM's own server."""

    instant = False

    def __init__(self, config: ElicitConfig) -> None:
        if not config.model.strip():
            raise UserError("--model is missing: the model's folder, the same on every node, or its name on the Hub")
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
