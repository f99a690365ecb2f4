"""Evaluating: predictions in the order of the gold, the same draw again, and choices that do not exist."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.benchmark.evaluate import evaluate
from aspectra.data import datasets
from aspectra.errors import UserError

Folder = Callable[[str], Path]
FEW: dict[str, Any] = {"cap": 6, "max_new_tokens": 2, "device": "cpu"}


def test_predictions_are_written_in_the_order_of_the_gold(student_of: Folder, tmp_path: Path) -> None:
    manifest = evaluate(student_of("llama"), "atsa", "hotels", out=tmp_path / "out", **FEW)
    lines = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    gold = datasets.draw(datasets.split(datasets.find("atsa", "hotels"), "test"), 6, 42)
    assert [line["id"] for line in lines] == [example.id for example in gold]
    assert set(lines[0]) >= {"id", "text", "opinions", "raw"}
    assert manifest["figures"]["rows"][0]["sentences"] == 6
    assert evaluate(student_of("llama"), "atsa", "hotels", out=tmp_path / "out", **FEW) == manifest, "done already"


def test_a_cap_draws_the_same_sentences_again(student_of: Folder) -> None:
    rows = [evaluate(student_of("llama"), "atsa", "hotels", **FEW)["figures"]["rows"] for _ in range(2)]
    assert rows[0] == rows[1]


@pytest.mark.parametrize(
    ("option", "message"),
    [({"subsets": ("al",)}, "did you mean 'all'"), ({"scoring": ("papers",)}, "did you mean 'paper'")],
)
def test_unknown_choices_name_the_nearest(student_of: Folder, option: dict[str, tuple[str]], message: str) -> None:
    with pytest.raises(UserError, match=message):
        evaluate(student_of("llama"), "atsa", "hotels", **option)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "told"), [({"device": "cuda"}, "leave out --device"), ({"bf16": True}, "leave out --engine and --bf16")]
)
def test_what_an_export_cannot_do_is_refused(export_of: Folder, option: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told):
        evaluate(export_of("llama"), "atsa", "hotels", cap=6, **option)


def test_an_export_in_passing_is_asked_on_the_processor(student_of: Folder) -> None:
    with pytest.raises(UserError, match="an export runs on the CPU"):
        evaluate(student_of("llama"), "atsa", "hotels", cap=6, engine="ct2", device="cuda")


def test_a_model_that_has_not_learned_a_task_is_no_silent_score(
    encoder_of: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(encoder_of("bert"), "atsa", "hotels", cap=3)
    assert "has not learned a task, so its answers mean little" in capsys.readouterr().err
