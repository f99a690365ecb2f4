"""Differences between two systems in words, figures and charts. Called by `boards`, `cli`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aspectra.progress import counted
from aspectra.report import charts
from aspectra.report.systems import Row, Systems
from aspectra.report.tables import chance, signed

Values = dict[str, Any]
Ends = tuple[float, float]


def verdict(comparison: Row) -> str:
    """The wording of a difference.

    >>> verdict({"verdict": "shown"}), verdict({"verdict": "descriptive", "over_runs": {"runs": 3}})
    ('a difference', '3 runs: descriptive')
    """
    if comparison["verdict"] == "descriptive":
        return f"{counted(comparison['over_runs']['runs'], 'run')}: descriptive"
    return "a difference" if comparison["verdict"] == "shown" else "not shown"


def compared(results: Row, place: tuple[str, str | None], view: tuple[str, str]) -> list[Row]:
    """The comparisons for a place (task, set) and a view (scoring, subset)."""
    found = results["comparisons"]
    return [c for c in found if (c["task"], c["data"]) == place and (c["scoring"], c["subset"]) == view]


def level(
    results: Row, systems: Systems, place: tuple[str, str | None], view: tuple[str, str], leaders: set[str]
) -> set[str]:
    """The systems that were compared with a leader and have no shown difference.

    With too few runs no difference can be shown. Then the interval over sentences decides, so that a system far behind
    does not seem level.
    """
    near = [
        systems.sides(c)
        for c in compared(results, place, view)
        if c["verdict"] == "not shown" or (c["verdict"] == "descriptive" and not c["differs"])
    ]
    return {name for pair in near if pair & leaders for name in pair}


def differences(systems: Systems, found: Sequence[Row], name: str) -> Values:
    """The lines of a table of comparisons, on one axis called `name`, and the number of each verdict."""
    if not found:
        return {"comparisons": []}
    ends = [(c["low"], c["high"]) for c in found] + [wide for c in found if (wide := over_both(c))]
    axis = charts.linear([0.0, *(100 * end for pair in ends for end in pair)], f"c{name}")
    return {
        "comparisons": [line(systems, c, axis) for c in found],
        "several_labels": any(systems.varied(c) for c in found),
        "several_runs": any(len(c["by_seed"]) > 1 for c in found),
        "compared": counted(len(found), "comparison"),
        "comparison_scale": charts.scale(axis),
        "differences": sum(c["verdict"] == "shown" for c in found),
        "descriptive": sum(c["verdict"] == "descriptive" for c in found),
    }


def over_both(c: Row) -> Ends | None:
    """The interval over runs and sentences to draw; None with few runs, where it would fill the chart."""
    return None if c["verdict"] == "descriptive" else (c["over_runs"]["low"], c["over_runs"]["high"])


def line(systems: Systems, c: Row, axis: charts.Axis) -> Values:
    """One comparison; `both` has interval and p over runs and sentences, the others are over sentences only."""
    both, wide, shown = c["over_runs"], over_both(c), c["verdict"] == "shown"
    return {
        "one": c["one"],
        "other": c["other"],
        "labels": systems.varied(c),
        "difference": signed(c["difference"]),
        "shown": shown,
        "verdict": verdict(c),
        "both": "–" if both["low"] is None else ends(both),
        "both_p": chance(both["p"]),
        "both_p_holm": chance(both["p_holm"]),
        "interval": ends(c),
        "p": chance(c["p"]),
        "p_holm": chance(c["p_holm"]),
        "agree": f"{c['agree']} of {len(c['by_seed'])}",
        "range": f"{signed(min(c['by_seed']))} to {signed(max(c['by_seed']))}",
        "chart": charts.forest(
            axis,
            100 * c["difference"],
            (100 * c["low"], 100 * c["high"]),
            shown,
            wide and (100 * wide[0], 100 * wide[1]),
        ),
    }


def ends(interval: Row) -> str:
    return f"{signed(interval['low'])} to {signed(interval['high'])}"
