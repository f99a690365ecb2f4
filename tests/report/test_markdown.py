"""The pieces of `report.md` that figures depend on; the whole of it is read in the pipeline's tests."""

from __future__ import annotations

from pathlib import Path

from aspectra.files import write_json
from aspectra.recipes import RunConfig
from aspectra.report import markdown


def row(system: str, seed: int | None, f1: float, subset: str = "all") -> dict[str, object]:
    size = None if system == "teacher" else 135_000_000
    seconds = None if system == "teacher" else 0.25
    return {
        "system": system, "seed": seed, "f1": f1, "subset": subset, "scoring": "strict", "sentences": 200,
        "parameters": size, "seconds_per_sentence": seconds,
    }  # fmt: skip


def test_the_table_has_the_mean_of_the_seeds_and_their_range() -> None:
    config = RunConfig(reviews="r.csv", seeds=(1, 2), subsets=("all",), systems=("base", "distilled", "teacher"))
    rows = [row("base", 1, 0.30), row("base", 2, 0.34), row("distilled", 1, 0.40), row("teacher", None, 0.5)]
    text = markdown.leaderboard(config, rows, "strict")
    assert "| system | parameters | F1 all (200) | s / sentence |" in text
    assert "| base | 135 M | 32.00 (30.00 to 34.00) | 0.250 |" in text
    assert "| distilled | 135 M | 40.00 | 0.250 |" in text
    assert "| teacher | - | 50.00 | - |" in text


def test_the_distilled_student_is_compared_with_each_control_that_ran() -> None:
    config = RunConfig(reviews="r.csv", systems=("base", "distilled", "denoise"))
    assert markdown.pairs(config) == [("distilled", "base"), ("distilled", "denoise")]
    assert markdown.pairs(RunConfig(reviews="r.csv", systems=("base",))) == []


def test_losses_are_those_of_the_manifests_and_absent_where_nothing_was_pretrained(tmp_path: Path) -> None:
    config = RunConfig(reviews="r.csv", systems=("base", "distilled"))
    assert markdown.losses(config, tmp_path) == ""
    figures = {"held_out": {"analysis": {"before": 2.5, "after": 1.25}}}
    write_json(tmp_path / "pretrain" / "distilled" / "manifest.json", {"stage": "pretrain", "figures": figures})
    assert "| distilled | analysis | 2.500 | 1.250 |" in markdown.losses(config, tmp_path)
