"""Which teacher settings name, and which of them this process can ask."""

from __future__ import annotations

import pytest

from aspectra.config import ElicitConfig
from aspectra.errors import UserError
from aspectra.teachers.make import check_here, located, make_teacher


def test_a_teacher_of_a_cluster_is_not_asked_from_here() -> None:
    with pytest.raises(UserError, match="the vllm teacher needs `aspectra elicit --engine ray`"):
        check_here(ElicitConfig(teacher="vllm", model="m"))
    check_here(ElicitConfig(teacher="openai", model="m"))


def test_a_student_is_made_by_those_who_may_open_one() -> None:
    with pytest.raises(UserError, match="a student can be a teacher only in `aspectra elicit` and `run`"):
        make_teacher(ElicitConfig(teacher="student", model="runs/tagger"))


def test_names_of_the_demo_become_files_and_a_name_at_an_endpoint_stays() -> None:
    found = located(ElicitConfig(teacher="recorded", model="demo:responses.jsonl"))
    assert found.model.endswith("demo/responses.jsonl")
    assert located(ElicitConfig(model="org/model:7b", demonstrations="mine.jsonl")) == ElicitConfig(
        model="org/model:7b", demonstrations="mine.jsonl"
    )
    with pytest.raises(UserError, match=r"unknown file of the demo 'response\.jsonl'; did you mean 'responses\.jsonl'"):
        located(ElicitConfig(teacher="recorded", model="demo:response.jsonl"))


def test_the_address_of_the_environment_is_taken_where_the_settings_name_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert located(ElicitConfig(model="m")).base_url == "http://127.0.0.1:9/v1"
    assert located(ElicitConfig(model="m", base_url="http://h/v1")).base_url == "http://h/v1"
    assert located(ElicitConfig(teacher="local", model="m.gguf")).base_url is None
