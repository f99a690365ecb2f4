"""A teacher sits the test: what counts is what this teacher said, whoever was asked before in the same folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aspectra.benchmark.datasets import load
from aspectra.benchmark.llm import judge
from aspectra.config import ElicitConfig

ASPECT = {"from": 4, "to": 8, "target": "soup", "category": "FOOD#QUALITY", "polarity": "positive"}


def recorded(file: Path, texts: list[str], polarity: str) -> ElicitConfig:
    """A teacher that says the same polarity of every soup."""
    answer = json.dumps({"opinions": [{"target": "soup", "polarity": polarity}]})
    rows = [{"review": text, "kind": "extraction", "text": answer} for text in texts]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return ElicitConfig(teacher="recorded", model=str(file), kinds=("extraction",))


def test_each_teacher_is_scored_by_its_own_answers_in_any_order(tmp_path: Path) -> None:
    rows = [{"ID": str(n), "sentence": f"The soup was fine on day {n}.", "aspects": [ASPECT]} for n in range(6)]
    (tmp_path / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    texts = [example.text for example in load(tmp_path / "test.json")]
    right = recorded(tmp_path / "right.jsonl", texts, "positive")
    wrong = recorded(tmp_path / "wrong.jsonl", texts, "negative")

    def f1(teacher: ElicitConfig, cap: int | None = None) -> Any:
        figures = judge(teacher, str(tmp_path), ("all",), ("strict",), cap, tmp_path / "out")
        assert figures["answered"] == figures["sentences"] == (cap or 6)
        return figures["rows"][0]["f1"]

    assert [f1(right), f1(wrong), f1(right), f1(wrong, cap=4), f1(right)] == [1.0, 0.0, 1.0, 0.0, 1.0]


def test_a_sentence_whose_answer_cannot_be_had_counts_as_missed(tmp_path: Path) -> None:
    rows = [{"ID": str(n), "sentence": f"The soup was fine on day {n}.", "aspects": [ASPECT]} for n in range(4)]
    (tmp_path / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    answered = {"choices": [{"message": {"content": '{"opinions": [{"target": "soup", "polarity": "positive"}]}'}}]}

    def answer(request: Request) -> Response:
        refused = "day 3" in request.get_data(as_text=True)
        return Response("busy", 500) if refused else Response(json.dumps(answered), content_type="application/json")

    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        teacher = ElicitConfig(model="m", base_url=server.url_for("/v1"), kinds=("extraction",), retries=0)
        figures = judge(teacher, str(tmp_path), ("all",), ("strict",), None, tmp_path / "out")
    assert (figures["answered"], figures["sentences"]) == (3, 4)
    assert figures["rows"][0]["recall"] == 0.75
