"""Which answers are learned and which are judged by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.pipeline.conftest import review

from aspectra.config import ElicitConfig
from aspectra.data.examples import load
from aspectra.elicit.engine import elicit
from aspectra.errors import UserError
from aspectra.pipeline.apart import HELD, part
from aspectra.recipes import DistilConfig
from aspectra.tables import write_jsonl

CONFIG = DistilConfig(reviews="unused")


def answered(folder: Path, texts: dict[str, str], held: set[str]) -> tuple[Path, Path]:
    """(the drawn reviews, the responses to them): each opens with "The" and a target that is praised."""
    rows = [{"id": name, "text": text, "held": name in held} for name, text in texts.items()]
    write_jsonl(folder / "reviews.jsonl", rows)
    said = {text: text.split()[1] for text in texts.values()}
    answers = [
        {
            "review": text,
            "kind": "extraction",
            "text": json.dumps({"opinions": [{"target": t, "polarity": "positive"}]}),
        }
        for text, t in said.items()
    ]
    write_jsonl(folder / "recorded.jsonl", answers)
    asked = ElicitConfig(teacher="recorded", model=str(folder / "recorded.jsonl"), kinds=("extraction",))
    elicit(folder / "reviews.jsonl", asked, folder / "elicit")
    return folder / "reviews.jsonl", folder / "elicit" / "responses.parquet"


def names(path: Path) -> set[str]:
    import pyarrow.parquet as pq

    return set(pq.read_table(path)["review_id"].to_pylist())


def test_what_is_kept_away_is_judged_by_and_its_twins_are_not_learned(tmp_path: Path) -> None:
    texts = {f"r{n}": review(n) for n in range(40) if n % 4 != 3}
    texts |= {"twin": texts["r0"].upper().replace("THE SOUP", "The SOUP"), "near": texts["r1"] + " Bye."}
    held = {"r0", "r1", "r5"}
    made = part(CONFIG, *answered(tmp_path, texts, held), tmp_path / "out")["figures"]
    learned, half = names(tmp_path / "out" / "all.parquet"), names(tmp_path / "out" / "half.parquet")
    assert learned == texts.keys() - held - {"twin", "near"}
    assert made["left_out"] == 2
    assert half < learned and len(half) == len(learned) // 2
    gold = load(tmp_path / "out" / HELD)
    assert {example.id.partition(":")[0] for example in gold} == held
    assert len(gold) == 6 and sum(len(example.opinions) for example in gold) == 3


def test_a_handful_of_answers_is_refused_with_what_to_do(tmp_path: Path) -> None:
    few = answered(tmp_path, {f"r{n}": review(n) for n in range(5)}, {"r1"})
    with pytest.raises(UserError, match=r"5 reviews answered, and at least 20 are needed.*--reviews"):
        part(CONFIG, *few, tmp_path / "out")
    assert not (tmp_path / "out").exists()
