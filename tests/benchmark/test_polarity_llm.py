"""An LLM's zero-shot judgments: one request for each (sentence, subject), read tolerantly and paid for once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aspectra.benchmark.judgments import Judgment
from aspectra.benchmark.polarity_llm import question
from aspectra.benchmark.zero_shot import zero_shot
from aspectra.config import ElicitConfig
from aspectra.errors import AspectraError, UserError

TEXT = "The soup was hot, the bed was hard and the staff was there."
GOLD = {"soup": "positive", "bed": "negative", "staff": "neutral"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    aspects = [
        {"from": TEXT.index(t), "to": TEXT.index(t) + len(t), "target": t, "category": "X#Y_Z", "polarity": p}
        for t, p in GOLD.items()
    ]
    folder = tmp_path / "atsa" / "inn"
    folder.mkdir(parents=True)
    rows = [{"ID": "1", "sentence": TEXT, "aspects": aspects}]
    (folder / "test.json").write_text(json.dumps(rows), encoding="utf-8")
    return folder


def recorded(folder: Path, answers: dict[str, str]) -> ElicitConfig:
    file = folder / "answers.jsonl"
    rows = [{"review": f"{TEXT}\nTarget: {t}", "kind": "polarity", "text": text} for t, text in answers.items()]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return ElicitConfig(teacher="recorded", model=str(file))


def measured(data: Path, llm: ElicitConfig, store: Path, **more: Any) -> dict[str, Any]:
    found = zero_shot(llm.model, [str(data)], llm=llm, answers=store, **more)
    row: dict[str, Any] = found["rows"][0]
    return row


def test_each_subject_of_a_sentence_is_a_question_of_its_own() -> None:
    text = f"{TEXT} "
    assert question(Judgment("1", text, None, "X#Y_Z", "neutral")) == f"{TEXT}\nCategory: x y z"
    assert question(Judgment("1", text, "soup", None, "neutral")) == f"{TEXT}\nTarget: soup"
    assert question(Judgment("1", text, "soup", "X#Y_Z", "neutral")) == f"{TEXT}\nTarget: soup (x y z)"
    assert question(Judgment("1", TEXT, None, None, "neutral")) == TEXT


def test_answers_are_read_tolerantly(data: Path, tmp_path: Path) -> None:
    said = {"soup": "**Positive.**", "bed": '```json\n{"polarity": "negative"}\n```', "staff": "It is neutral."}
    row = measured(data, recorded(tmp_path, said), tmp_path / "store")
    assert (row["accuracy"], row["macro_f1"], row["unanswered"], row["uncalibrated"]) == (1.0, 1.0, 0, None)


def test_no_answer_a_mixed_one_and_an_absent_one_are_wrong(data: Path, tmp_path: Path) -> None:
    row = measured(data, recorded(tmp_path, {"soup": "I cannot tell.", "bed": "Mixed"}), tmp_path / "store")
    assert (row["accuracy"], row["unanswered"], row["items"]) == (0.0, 3, 3)


def test_an_answer_is_paid_for_once_whatever_asks_for_it_again(data: Path, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(json.loads(request.get_data())["messages"][-1]["content"])
        word = GOLD[asked[-1].rsplit(" ", 1)[1]]
        said = {"choices": [{"message": {"content": word}}], "usage": {"prompt_tokens": 50, "completion_tokens": 1}}
        return Response(json.dumps(said), content_type="application/json")

    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        llm = ElicitConfig(model="m", base_url=server.url_for("/v1"), retries=0)
        assert measured(data, llm, tmp_path / "store")["accuracy"] == 1.0
        other = tmp_path / "atsa" / "other"
        other.mkdir()
        rows = json.loads((data / "test.json").read_text(encoding="utf-8"))
        rows.append({"ID": "2", "sentence": "A bed.", "aspects": [rows[0]["aspects"][1] | {"from": 2, "to": 5}]})
        (other / "test.json").write_text(json.dumps(rows), encoding="utf-8")
        found = zero_shot("m", [str(other)], llm=llm, answers=tmp_path / "store", out=tmp_path / "out")
    assert (len(asked), found["rows"][0]["items"], found["rows"][0]["accuracy"]) == (4, 4, 1.0)
    assert all(f"Text: {text}\nTarget: " in asked[i] for i, text in ((0, TEXT), (3, "A bed.")))
    assert (found["systems"][0]["tokens_in"], found["systems"][0]["tokens_out"]) == (200, 4)


def test_while_answers_failed_the_folder_stays_unfinished_and_the_next_call_asks_again(
    data: Path, tmp_path: Path
) -> None:
    broken = True

    def answer(request: Request) -> Response:
        word = GOLD[json.loads(request.get_data())["messages"][-1]["content"].rsplit(" ", 1)[1]]
        said = {"choices": [{"message": {"content": word}}]}
        if broken and word == "neutral":
            return Response("busy", 500)
        return Response(json.dumps(said), content_type="application/json")

    out = tmp_path / "out"
    with HTTPServer() as server:
        server.expect_request("/v1/chat/completions").respond_with_handler(answer)
        llm = ElicitConfig(model="m", base_url=server.url_for("/v1"), retries=0)
        row = measured(data, llm, tmp_path / "store", out=out)
        assert (row["accuracy"], row["unanswered"], (out / "manifest.json").exists()) == (2 / 3, 1, False)
        broken = False
        row = measured(data, llm, tmp_path / "store", out=out)
    assert (row["accuracy"], row["unanswered"], (out / "manifest.json").exists()) == (1.0, 0, True)


def test_half_the_questions_are_no_result(data: Path, tmp_path: Path) -> None:
    with HTTPServer() as server:
        said = {"choices": [{"message": {"content": "neutral"}}], "usage": {"prompt_tokens": 9, "completion_tokens": 1}}
        server.expect_request("/v1/chat/completions").respond_with_json(said)
        llm = ElicitConfig(
            model="m", base_url=server.url_for("/v1"), max_cost=1e-9, price_in=1.0, price_out=1.0, concurrency=1
        )
        with pytest.raises(AspectraError, match="raise max_cost"):
            measured(data, llm, tmp_path / "store")


def test_a_store_is_asked_for(data: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--answers DIR"):
        zero_shot("m", [str(data)], llm=recorded(tmp_path, {}))
