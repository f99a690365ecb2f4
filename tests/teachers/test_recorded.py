"""A response file replayed as a teacher: our own formats, and the authors' Mixtral file as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aspectra.config import ElicitConfig
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError

Write = Callable[..., Path]
Rows = Callable[[Path], list[dict[str, Any]]]
BLOCK = 'Opinion Target 1: "{}"\nAspect: x\nSentiment: Positive\nReasoning: y'


def recorded(path: Path, **changes: Any) -> ElicitConfig:
    return ElicitConfig(**{"teacher": "recorded", "model": str(path), **changes})


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("\ufeff" + "".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_what_the_file_has_is_replayed_and_what_it_lacks_is_absent(
    write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    file = write_lines(
        tmp_path / "said.jsonl",
        {"review": "Pool.", "kind": "analysis", "text": "bad draw", "status": "rejected", "model": "big"},
        {"review": "Pool.", "kind": "analysis", "text": BLOCK.format("Pool"), "status": "done", "model": "big"},
        {"review": " Soup.\n", "kind": "rewriting", "text": "I hated it.", "status": "done", "model": "big",
         "prompt_version": "v7", "tokens_out": 5},
        {"review": "Bed.", "kind": "rewriting", "text": None, "status": "failed", "model": "big"},
    )  # fmt: skip
    reviews, out = write_reviews("Pool.", "Soup.", "Bed."), tmp_path / "out"
    counts = elicit(reviews, recorded(file), out)
    assert counts == {
        "done": 2, "rejected": 0, "failed": 0, "absent": 4, "pending": 0,
        "cost_usd": 0.0, "tokens_in": 0, "tokens_out": 0,
    }  # fmt: skip
    handed = rows(out)
    assert [(row["review_id"], row["kind"], row["model"], row["prompt_version"]) for row in handed] == [
        ("r1", "analysis", "big", "v1"), ("r2", "rewriting", "big", "v7"),
    ]  # fmt: skip
    assert handed[1]["tokens_out"] == 5
    more = write_lines(tmp_path / "said.jsonl", {"review": "Bed.", "kind": "rewriting", "text": "I slept."})
    assert elicit(reviews, recorded(more), out)["done"] == 1, "another file is asked anew"


def test_a_hand_off_replayed_gives_the_same_hand_off(
    endpoint: Any, settings: Any, write_reviews: Write, tmp_path: Path, rows: Rows
) -> None:
    reviews = write_reviews("Pool is fine.", "Soup is cold.")
    kinds = ("analysis", "rewriting", "extraction")
    elicit(reviews, settings(kinds=kinds), tmp_path / "one")
    said = tmp_path / "one" / "responses.parquet"
    counts = elicit(reviews, recorded(said, kinds=kinds), tmp_path / "two")
    assert counts["done"] == 6
    same = (
        "review_id",
        "review",
        "kind",
        "model",
        "prompt_version",
        "text",
        "finish_reason",
        "tokens_in",
        "tokens_out",
    )
    assert [[row[name] for name in same] for row in rows(tmp_path / "one")] == [
        [row[name] for name in same] for row in rows(tmp_path / "two")
    ]
    counts = elicit(reviews, recorded(said, kinds=("extraction",), task="acsa"), tmp_path / "three")
    assert counts["absent"] == 2, "the opinions of another task are no answer"


def test_fields_of_an_odd_kind_are_left_out(write_reviews: Write, tmp_path: Path, rows: Rows) -> None:
    odd = {"finish_reason": 4, "tokens_in": "12", "tokens_out": 3.0, "model": ["x"], "prompt_version": 1}
    said = write_lines(
        tmp_path / "said.jsonl", {"review": "Bed.", "kind": "rewriting", "text": "I slept.", **odd, "status": "done"}
    )
    elicit(write_reviews("Bed."), recorded(said), tmp_path / "out")
    (row,) = rows(tmp_path / "out")
    assert [row[name] for name in odd] == [None, None, 3, "said", "v1"]


def test_a_file_that_is_no_record_is_said_so(write_reviews: Write, tmp_path: Path) -> None:
    reviews, out = write_reviews("Pool."), tmp_path / "out"
    torn, other = tmp_path / "torn.jsonl", write_lines(tmp_path / "other.jsonl", {"id": 1, "text": "x"})
    torn.write_text('{"review": "a", "kind": "analysis", "text": "b"}\n{"review', encoding="utf-8")
    latin, fake, empty = tmp_path / "latin.jsonl", tmp_path / "fake.parquet", tmp_path / "empty.jsonl"
    latin.write_bytes('{"review": "caf\xe9"}'.encode("latin-1"))
    fake.write_text("x")
    empty.write_text("")
    deep = tmp_path / "deep.jsonl"
    deep.write_text("[" * 100_000)
    for path, told in (
        (torn, "line 2: the line is incomplete"), (deep, "line 1: the line is incomplete"),
        (other, "has 'review' .* 'kind' and 'text'"), (latin, "not UTF-8"),
        (fake, "as Parquet"), (empty, "has no responses"), (tmp_path / "gone", "no file of recorded responses"),
    ):  # fmt: skip
        with pytest.raises(UserError, match=told):
            elicit(reviews, recorded(path), out)
        assert not out.exists()
    with pytest.raises(UserError, match="--model is missing"):
        elicit(reviews, recorded(Path("x"), model=""), out)


def test_the_mixtral_file_is_its_own_teacher(shared: Path, tmp_path: Path, rows: Rows) -> None:
    file = shared / "data" / "teacher" / "mixtral_500.jsonl"
    counts = elicit(file, recorded(file, skip_bad_rows=True), tmp_path / "out")
    assert (counts["done"], counts["rejected"], counts["failed"], counts["absent"]) == (500, 0, 0, 498)
    kinds = [row["kind"] for row in rows(tmp_path / "out")]
    assert (kinds.count("analysis"), kinds.count("rewriting")) == (234, 266)
    assert {row["model"] for row in rows(tmp_path / "out")} == {"mixtral-8x7b"}
