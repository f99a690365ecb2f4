"""A teacher sits the test: what counts is what this teacher said, whoever was asked before in the same folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
