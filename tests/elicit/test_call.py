"""A teacher that the caller made: asked as it is, stored under its own name, and the caller's to close."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.cluster import Cluster
from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.elicit.plan import plan
from aspectra.elicit.ray_engine import across
from aspectra.elicit.status import status
from aspectra.errors import UserError
from aspectra.teachers.teacher import Question, Reply, Teacher

Write = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, Any]]]
CONFIG = ElicitConfig(kinds=("extraction",))


class Student:
    """Says of each review what a model above this floor would: the settings name no endpoint, and need not."""

    instant = False
    free = True

    def __init__(self) -> None:
        self.model = "my-student"
        self.settings: dict[str, object] = {"weights": "1f0c6a52"}
        self.heard: list[str] = []
        self.closed = False

    async def ask(self, question: Question) -> Reply:
        self.heard.append(question.review)
        opinion = {"target": question.review.split()[1], "polarity": "positive"}
        return Reply(json.dumps({"opinions": [opinion]}), "stop")

    async def close(self) -> None:
        self.closed = True


def test_it_is_asked_under_its_own_name_and_stays_open(write_reviews: Write, tmp_path: Path, rows: Rows) -> None:
    reviews, out = write_reviews("The pool is lovely.", "The soup is good."), tmp_path / "out"
    student = Student()
    counts = elicit(reviews, CONFIG, out, teacher=student)
    assert (counts["done"], counts["pending"], counts["cost_usd"]) == (2, 0, 0.0), "it costs nothing"
    assert status(out) == counts
    assert sorted(student.heard) == ["The pool is lovely.", "The soup is good."] and not student.closed
    assert [(row["model"], json.loads(row["settings"])) for row in rows(out)] == [
        ("my-student", {"task": "atsa", "weights": "1f0c6a52"})
    ] * 2
    elicit(write_reviews("The pool is lovely.", "The bed is soft."), CONFIG, out, teacher=student)
    assert student.heard[2:] == ["The bed is soft."], "what it has said is not asked again"
    other = Student()
    other.settings = {"weights": "other"}
    elicit(reviews, CONFIG, out, teacher=other)
    assert len(other.heard) == 2, "another student's answers are its own"


def test_a_plan_tells_what_it_has_still_to_say(write_reviews: Write, tmp_path: Path) -> None:
    out, student = tmp_path / "out", Student()
    elicit(write_reviews("The pool is lovely."), CONFIG, out, teacher=student)
    ahead = plan(write_reviews("The pool is lovely.", "The soup is good."), CONFIG, out, teacher=student)
    assert (ahead["answered"], ahead["requests"]) == (1, 1)
    assert len(student.heard) == 1 and not student.closed, "nothing was asked"


def test_it_is_not_sent_to_a_cluster(write_reviews: Write, tmp_path: Path) -> None:
    teacher: Teacher = Student()
    with pytest.raises(UserError, match="my-student runs in this process; leave out --engine ray"):
        elicit(write_reviews("The pool is lovely."), CONFIG, tmp_path / "out", teacher=teacher, ask=across(Cluster()))
    assert not (tmp_path / "out").exists()


def test_examples_of_other_kinds_alone_are_refused_before_anything_is_asked(
    write_reviews: Write, tmp_path: Path
) -> None:
    student, examples = Student(), tmp_path / "examples.jsonl"
    examples.write_text(json.dumps({"kind": "analysis", "review": "Fine soup.", "answer": "No opinion."}) + "\n")
    config = ElicitConfig(kinds=("extraction",), demonstrations=str(examples))
    with pytest.raises(UserError, match=r"examples\.jsonl has no example of kind extraction"):
        elicit(write_reviews("The pool is lovely."), config, tmp_path / "out", teacher=student)
    assert not student.heard
