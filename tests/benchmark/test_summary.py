"""What the table says of a difference: over sentences alone, over runs too, and nothing of too few runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small, sentence

from aspectra.benchmark import summary
from aspectra.benchmark.protocol import benchmark
from aspectra.schema import Prediction
from aspectra.score.predictions import write_predictions


def answered(folder: Path, name: str, seed: int, right: set[int]) -> None:
    """A system's predictions: every opinion of some sentences, and none of the others."""
    test = [sentence(n, "inn") for n in range(18, 32)]
    said = [Prediction(e.id, e.text, e.opinions if int(e.id) in right else ()) for e in test]
    write_predictions(folder / f"{name}-{seed}.jsonl", said)


def compared(small: Small, folder: Path, seeds: int, single: bool = False) -> dict[str, Any]:
    """`better` finds about twice as much as `worse`; which of it, changes from run to run."""
    for seed in range(seeds):
        answered(folder, "better", seed, set(range(18, 29)) - {18 + seed})
        answered(folder, "worse", seed, set(range(18, 22)) | {23 + seed})
    name = "worse-0.jsonl" if single else "worse-{seed}.jsonl"
    files = {"better": str(folder / "better-{seed}.jsonl"), "worse": str(folder / name)}
    systems = {name: {"kind": "file", "predictions": file} for name, file in files.items()}
    config = small(systems=systems, sets={"atsa": small().sets["atsa"][:1]}, seeds=list(range(seeds)))
    found = benchmark(config, folder / "out")["comparisons"]
    (pair,) = (pair for pair in found if (pair["scoring"], pair["subset"]) == ("strict", "all"))
    assert (pair["one"], pair["other"]) == ("better", "worse")
    return dict(pair)


def test_five_runs_are_judged_over_runs_and_sentences(small: Small, tmp_path: Path) -> None:
    pair = compared(small, tmp_path, 5)
    both = pair["over_runs"]
    assert both["runs"] == 5 and pair["verdict"] == "shown"
    assert 0 < both["low"] < pair["difference"] < both["high"]
    assert both["p"] <= both["p_holm"] <= 0.05


def test_four_runs_have_their_interval_and_no_verdict(small: Small, tmp_path: Path) -> None:
    pair = compared(small, tmp_path, 4)
    both = pair["over_runs"]
    assert pair["verdict"] == "descriptive" and pair["differs"], "over sentences alone it is one"
    assert both["low"] < pair["difference"] < both["high"]
    assert (both["runs"], both["p"], both["p_holm"]) == (4, None, None)


def test_a_system_with_one_run_meets_each_run_of_the_other(small: Small, tmp_path: Path) -> None:
    pair = compared(small, tmp_path, 5, single=True)
    assert pair["over_runs"]["runs"] == len(pair["by_seed"]) == 5
    assert pair["verdict"] == "shown"


def test_one_run_each_is_descriptive_and_has_no_interval_over_runs(small: Small, tmp_path: Path) -> None:
    pair = compared(small, tmp_path, 1, single=True)
    assert pair["over_runs"] == {"runs": 1, "low": None, "high": None, "p": None, "p_holm": None}
    assert pair["verdict"] == "descriptive"


def line(p: float, runs: int, both: float | None) -> dict[str, Any]:
    over_runs = {"runs": runs, "low": 0.01, "high": 0.2, "p": both}
    return {"difference": 0.1, "low": 0.02, "high": 0.18, "p": p, "over_runs": over_runs}


@pytest.mark.parametrize("others", [0, 3])
def test_holms_p_over_runs_is_over_the_comparisons_that_are_tested(others: int) -> None:
    family = [line(0.001, 5, 0.02), line(0.001, 5, 0.03), *[line(0.02, 2, None)] * others]
    found = summary.judged(family)
    assert [each["over_runs"]["p_holm"] for each in found] == pytest.approx([0.04, 0.04] + [None] * others)
    assert [each["verdict"] for each in found] == ["shown", "shown"] + ["descriptive"] * others
    assert found[0]["p_holm"] == pytest.approx(0.001 * (2 + others)), "over sentences it is over all"


def test_many_comparisons_want_a_smaller_p() -> None:
    found = summary.judged([line(0.001, 5, 0.03), line(0.001, 5, 0.03)])
    assert [each["verdict"] for each in found] == ["not shown", "not shown"]
    assert all(each["differs"] for each in found)
