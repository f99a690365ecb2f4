"""What the table says of a difference: over sentences alone, over runs too, and nothing of too few runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.benchmark.conftest import Small, sentence

from aspectra.benchmark import summary
from aspectra.benchmark.protocol import benchmark
from aspectra.cli.benchmark import told
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


def test_a_file_that_says_its_shots_meets_what_learned_from_as_many(small: Small, tmp_path: Path) -> None:
    for shots, missed in ((2, 6), (4, 3), ("all", 1)):
        for name, more in (("mine", 0), ("yours", 2)):
            answered(tmp_path, f"{name}-{shots}", 1, set(range(18 + missed + more, 29)))
    answered(tmp_path, "silent", 1, set(range(18, 29)))
    systems = {
        name: {"kind": "file", "predictions": str(tmp_path / f"{name}{shots}-{{seed}}.jsonl")}
        for name, shots in (("mine", "-{shots}"), ("yours", "-{shots}"), ("silent", ""))
    }
    config = small(systems=systems, sets={"atsa": small().sets["atsa"][:1]}, seeds=[1], shots=[2, 4, None])
    found = benchmark(config, tmp_path / "out")
    met = [
        ({pair["one"], pair["other"]}, pair["shots"])
        for pair in found["comparisons"]
        if (pair["scoring"], pair["subset"]) == ("strict", "all")
    ]
    assert [shots for pair, shots in met if pair == {"mine", "yours"}] == [2, 4, None]
    assert len(met) == 3 + 2 * 3, "who does not say meets every number"
    f1 = {
        (row["system"], row["shots"]): row["f1"]["mean"]
        for row in found["table"]
        if (row["scoring"], row["subset"]) == ("strict", "all")
    }
    assert f1["mine", 2] < f1["mine", 4] < f1["mine", None] and f1["yours", 4] < f1["mine", 4]
    report = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert ">4 labeled sentences<" in report and "F1 over the number of labeled sentences" in report
    assert told(next(row for row in found["table"] if (row["system"], row["shots"]) == ("mine", None)))[2] == "all"
    assert told(next(row for row in found["table"] if row["system"] == "silent"))[2] is None


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
