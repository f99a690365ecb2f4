"""Our settings as vLLM's, and whom its answers are stored under; vLLM itself is not installed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError
from aspectra.teachers.openai import OpenAITeacher
from aspectra.teachers.vllm import VllmTeacher, processor, sampling


def vllm(**changes: Any) -> ElicitConfig:
    return ElicitConfig(**{"teacher": "vllm", "model": "m", "temperature": 0.3, "seed": 7, **changes})


def test_settings_are_passed_on() -> None:
    config = vllm(max_tokens=64, extra_body={"top_k": 40})
    assert sampling(config) == {"temperature": 0.3, "max_tokens": 64, "seed": 7, "top_k": 40}
    made = processor(config, 3, {"tensor_parallel_size": 2, "enable_prefix_caching": False})
    assert made["model_source"] == "m" and made["concurrency"] == (3, 3)
    assert made["engine_kwargs"] == {"enable_prefix_caching": False, "tensor_parallel_size": 2}


def test_the_mapping_is_one_that_ray_takes() -> None:
    pytest.importorskip("aiohttp", reason="ray.data.llm needs aiohttp, which comes with vLLM")
    llm = pytest.importorskip("ray.data.llm")
    made = llm.vLLMEngineProcessorConfig(**processor(vllm(), 2, {}))
    assert made.engine_kwargs["enable_prefix_caching"]


def test_answers_are_stored_as_those_of_the_same_model_behind_a_server() -> None:
    ours, other = VllmTeacher(vllm()), OpenAITeacher(vllm(teacher="openai", base_url="http://127.0.0.1:1/v1"))
    assert (ours.model, ours.settings) == (other.model, other.settings)


def test_what_does_not_go_is_told(write_reviews: Callable[..., Path], tmp_path: Path) -> None:
    for changes, told in (({"model": ""}, "--model is missing"), ({"attempts": 2}, "--retry-rejected")):
        with pytest.raises(UserError, match=told):
            VllmTeacher(vllm(**changes))
    with pytest.raises(UserError, match="add --engine ray"):
        elicit(write_reviews("The pool is fine."), vllm(), tmp_path / "out")
