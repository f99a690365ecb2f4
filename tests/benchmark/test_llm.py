"""A teacher sits the test: what counts is what this teacher said, whoever was asked before in the same folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from tests.benchmark.conftest import Small
from werkzeug import Request, Response

from aspectra.benchmark.llm import interview, judge, predict
from aspectra.benchmark.protocol import benchmark
from aspectra.config import ElicitConfig
from aspectra.data.examples import load
from aspectra.schema import Example
from aspectra.schema import Response as Answer
from aspectra.score import metrics
from aspectra.systems import BenchmarkConfig

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


def said(text: str, **more: Any) -> Response:
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return Response(json.dumps({"choices": [choice], **more}), content_type="application/json")


def test_what_cannot_be_read_is_told_from_what_was_not_said(tmp_path: Path) -> None:
    answers = {
        "day 0": '{"opinions": []}',
        "day 1": "They liked the soup.",
        "day 2": '{"opinions": [{"target": "so',
        "day 3": "",
        "day 4": "I'm sorry, but I can't assist with that.",
    }

    def answer(request: Request) -> Response:
        asked = request.get_data(as_text=True)
        return next((said(text) for day, text in answers.items() if day in asked), Response("broken", 400))

    examples = [Example(str(n), f"The soup was fine on day {n}.", ()) for n in range(6)]
    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        teacher = ElicitConfig(model="m", base_url=server.url_for("/v1"), kinds=("extraction",), retries=0)
        predictions, _, _ = interview(teacher, examples, tmp_path / "out")
    assert [p.extra["answered"] for p in predictions] == [True, True, True, False, False, False]
    found = metrics.faults(examples, predictions, "atsa")
    assert (found.unparsed, found.unanswered) == pytest.approx((2 / 6, 3 / 6))


def test_an_answer_that_an_older_version_accepted_although_it_is_cut_off_counts_as_unread() -> None:
    text = '{"opinions": [{"target": "soup", "polarity": "positive"}, {"tar'
    answer = Answer(
        "1", "Nice soup.", "extraction", "v1", "m", "{}", text, "length", 1, 1, "done", None, 1, "2026-01-01"
    )
    found = predict(Example("1", "Nice soup."), answer, "atsa")
    assert (found.opinions, found.extra["answered"], found.extra[metrics.PARSED]) == ((), True, False)


def test_max_cost_holds_for_a_system_and_another_name_pays_nothing_anew(small: Small, tmp_path: Path) -> None:
    """An answer costs a dollar; two sets of 14 sentences."""

    def grid(name: str, dollars: float) -> BenchmarkConfig:
        prices = {"price_in": 0.0, "price_out": 1e6, "max_cost": dollars, "max_tokens": 1}
        elicit = {"model": "m", "base_url": server.url_for("/v1"), **prices}
        return small(systems={name: {"kind": "llm", "elicit": elicit}}, sets={"atsa": small().sets["atsa"]})

    with HTTPServer() as server:
        usage = {"prompt_tokens": 10, "completion_tokens": 1}
        server.expect_request("/v1/chat/completions").respond_with_handler(
            lambda _: said('{"opinions": []}', usage=usage)
        )
        results = benchmark(grid("llm", 20.0), tmp_path / "out", 2)
        assert len(server.log) == 20
        assert [cell["cost"]["usd"] for cell in results["cells"]] == [14.0]
        assert "max_cost, $20 for all runs of the system, is spent" in results["missing"][0]["reason"]
        results = benchmark(grid("renamed", 28.0), tmp_path / "out", 2)
        assert results["missing"] == []
        assert len(server.log) == 28, "eight were still to be had"
        assert [cell["cost"]["usd"] for cell in results["cells"]] == [14.0, 14.0]


def test_a_teacher_that_says_where_its_targets_stand_is_scored_by_place(tmp_path: Path) -> None:
    text = "The soup was fine, and the soup was cheap."
    twice = [ASPECT, ASPECT | {"from": 27, "to": 31}]
    (tmp_path / "test.json").write_text(json.dumps([{"ID": "1", "sentence": text, "aspects": twice}]), encoding="utf-8")
    opinions = [{name: each[name] for name in ("target", "polarity", "from", "to")} for each in twice]
    row = {"review": text, "kind": "extraction", "text": json.dumps({"opinions": opinions})}
    (tmp_path / "teacher.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    teacher = ElicitConfig(teacher="recorded", model=str(tmp_path / "teacher.jsonl"), kinds=("extraction",))
    figures = judge(teacher, str(tmp_path), ("all",), ("strict", "paper"), None, tmp_path / "out")
    assert [(row["f1"], row["gold"], row["predicted"]) for row in figures["rows"]] == [(1.0, 1, 1), (1.0, 2, 2)]


def test_a_record_without_an_answer_has_no_score_and_gaps_are_told(small: Small, tmp_path: Path) -> None:
    texts = [example.text for example in load(tmp_path / "atsa" / "inn" / "test.json")]
    recorded(tmp_path / "other.jsonl", ["Another set's sentence."], "positive")
    recorded(tmp_path / "some.jsonl", texts[:4], "positive")
    systems = {
        name: {"kind": "llm", "elicit": {"teacher": "recorded", "model": str(tmp_path / f"{name}.jsonl")}}
        for name in ("other", "some")
    }
    benchmark(small(systems=systems, sets={"atsa": [str(tmp_path / "atsa" / "inn")]}), tmp_path / "out")
    found = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert {row["system"] for row in found["table"]} == {"some"}
    assert any("has no answer to 10 of 14 sentences" in note for note in found["notes"])
    (lost,) = found["missing"]
    assert "has an answer for none of the 14 sentences" in json.dumps(lost)
