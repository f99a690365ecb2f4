"""What both pages say of a difference: the verdict, by what, and that few runs are descriptive."""

from __future__ import annotations

from pathlib import Path

from tests.report.invented import invented
from tests.report.test_benchmark import report, written


def test_a_difference_is_called_one_only_where_it_was_shown(tmp_path: Path) -> None:
    page, text = report(tmp_path)
    assert "shown in 1 of 2 comparisons" in page.text
    assert (
        "tiny oracle +10.00 not shown −4.00 to +24.00 0.060 0.060 −2.00 to +22.00 0.040 0.080 4 of 5 −2.00 to +22.00"
        in page.text
    )
    assert (
        "tiny file +20.00 a difference +6.00 to +34.00 0.015 0.030 +8.00 to +32.00 0.020 0.040 5 of 5 +8.00 to +32.00"
        in page.text
    )
    both, alone = "−4.00 to +24.00 | 0.060 | 0.060", "−2.00 to +22.00 | 0.040 | 0.080"
    assert f"| tiny | oracle |  | +10.00 | not shown | {both} | {alone} | 4 of 5 | −2.00 to +22.00 |" in text
    # And the overview marks the one that is level with the best.
    assert "oracle none ≈ 33.33" in page.text and "file not stated 44.44" in page.text


def test_a_difference_of_fewer_than_five_runs_is_called_descriptive(tmp_path: Path) -> None:
    results = invented(tmp_path)
    for pair in results["comparisons"]:
        few = {"runs": 3, "low": -0.5, "high": 0.7, "p": None, "p_holm": None}
        pair |= {"over_runs": few, "verdict": "descriptive", "by_seed": pair["by_seed"][1:4], "agree": 3}
    page, text = written(tmp_path, results)
    assert "shown in 0 of 2 comparisons; 2 descriptive (fewer than five runs)" in page.text
    assert "tiny file +20.00 3 runs: descriptive −50.00 to +70.00 – – +8.00 to +32.00 0.020 0.040 3 of 3" in page.text
    assert "| +20.00 | 3 runs: descriptive | −50.00 to +70.00 | – | – | +8.00 to +32.00 |" in text
    assert "a difference |" not in text
    # The interval of three runs would fill the chart; and a system that is far behind is not called level.
    assert "−40</text>" not in (tmp_path / "report.html").read_text()
    assert "oracle none ≈ 33.33" in page.text and "file not stated 44.44" in page.text


def test_one_run_each_has_no_interval_over_runs(tmp_path: Path) -> None:
    results = invented(tmp_path)
    for pair in results["comparisons"]:
        one = {"runs": 1, "low": None, "high": None, "p": None, "p_holm": None}
        pair |= {"over_runs": one, "verdict": "descriptive", "by_seed": pair["by_seed"][2:3], "agree": 1}
    page, text = written(tmp_path, results)
    assert "tiny file +20.00 1 run: descriptive +8.00 to +32.00 0.020 0.040" in page.text
    assert "| +20.00 | 1 run: descriptive | – | – | – | +8.00 to +32.00 |" in text


def test_one_comparison_is_spoken_of_as_one(tmp_path: Path) -> None:
    results = invented(tmp_path)
    results["comparisons"] = [pair for pair in results["comparisons"] if pair["other"] == "file"]
    assert "shown in 1 of 1 comparison " in written(tmp_path, results)[0].text
    few = {"runs": 3, "low": -0.5, "high": 0.7, "p": None, "p_holm": None}
    for pair in results["comparisons"]:
        pair |= {"over_runs": few, "verdict": "descriptive", "by_seed": pair["by_seed"][1:4], "agree": 3}
    page, _ = written(tmp_path, results)
    assert "shown in 0 of 1 comparison; 1 descriptive (fewer than five runs)" in page.text
