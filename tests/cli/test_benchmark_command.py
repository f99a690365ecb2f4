"""What `aspectra benchmark` says of its comparisons on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.report.invented import invented

from aspectra.cli.benchmark import tell


def test_differences_that_are_shown_are_told_and_those_of_few_runs_are_called_descriptive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = invented(tmp_path, sets=[("atsa", "inn")]) | {"missing": []}
    tell(results, tmp_path, False, "")
    told = capsys.readouterr().out
    assert "atsa inn: tiny minus file +20.00, a difference (same sign in 5 of 5 runs)" in told
    assert "tiny minus oracle" not in told and "no difference between" not in told
    for pair in results["comparisons"]:
        few = {"runs": 3, "low": -0.5, "high": 0.7, "p": None, "p_holm": None}
        pair |= {"over_runs": few, "verdict": "descriptive", "by_seed": pair["by_seed"][1:4], "agree": 3}
    tell(results, tmp_path, False, "")
    told = capsys.readouterr().out
    assert "atsa inn: tiny minus file +20.00, 3 runs: descriptive (same sign in 3 of 3 runs)" in told
    assert "no difference between systems is shown" in told


def test_one_comparison_of_few_runs_is_spoken_of_as_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = invented(tmp_path, sets=[("atsa", "inn")]) | {"missing": []}
    results["comparisons"] = [pair | {"verdict": "not shown"} for pair in results["comparisons"]]
    pairs = [pair for pair in results["comparisons"] if (pair["scoring"], pair["subset"]) == ("strict", "all")]
    assert len(pairs) == 2
    pairs[0]["verdict"] = "descriptive"
    tell(results, tmp_path, False, "")
    assert "is shown; fewer than five runs in 1 of 2 comparisons" in capsys.readouterr().out
    tell(results | {"comparisons": pairs[:1]}, tmp_path, False, "")
    assert "is shown; fewer than five runs in 1 of 1 comparison\n" in capsys.readouterr().out
