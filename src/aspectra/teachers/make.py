"""Makes the teacher that the settings name, without loading weights.

Called by `aspectra.elicit` if its caller passes no teacher, by the actors of `aspectra.elicit.ray_engine`, by
`aspectra.benchmark`, `aspectra.pipeline` and `aspectra elicit`.
"""

from __future__ import annotations

import os

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.places import locate
from aspectra.teachers.teacher import Teacher


def check_here(config: ElicitConfig) -> None:
    """Raise UserError for a teacher that this process cannot ask."""
    if config.teacher == "vllm":
        raise UserError(
            "the vllm teacher needs `aspectra elicit --engine ray`; for a vLLM server, use the teacher openai"
        )


def make_teacher(config: ElicitConfig) -> Teacher:
    """The teacher that the settings name. Loads no weights. Raises UserError if something is wrong with it."""
    if config.teacher == "openai":
        from aspectra.teachers.openai import OpenAITeacher

        return OpenAITeacher(config)
    if config.teacher == "local":
        from aspectra.teachers.local import LocalTeacher

        return LocalTeacher(config)
    if config.teacher == "transformers":
        from aspectra.teachers.transformers import TransformersTeacher

        return TransformersTeacher(config)
    if config.teacher == "vllm":
        from aspectra.teachers.vllm import VllmTeacher

        return VllmTeacher(config)
    if config.teacher == "student":
        raise UserError("a student can be a teacher only in `aspectra elicit` and `run`; name it as a student here")
    from aspectra.teachers.recorded import RecordedTeacher

    return RecordedTeacher(config)


def located(settings: ElicitConfig) -> ElicitConfig:
    """The settings with `demo:` names as files, and with the base URL from the environment if they have none.

    A model's name is not a path, and stays as it is.
    """
    from aspectra.teachers.openai import BASE_URL

    if settings.teacher == "openai" and not settings.base_url and (url := os.environ.get(BASE_URL, "").strip()):
        settings = settings.model_copy(update={"base_url": url})
    names = {"model": settings.model, "demonstrations": settings.demonstrations}
    return settings.model_copy(
        update={key: str(locate(name)) for key, name in names.items() if name and name.startswith("demo:")}
    )
