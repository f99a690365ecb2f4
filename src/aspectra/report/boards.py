"""The content of the benchmark report, as plain values and finished charts: an overview, and a board per task and set.

Built from `results.json`; both templates (`page/*.jinja`) print it. Called by `aspectra.report.benchmark`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean
from typing import Any

from aspectra.report import charts, details, differences, plots
from aspectra.report.systems import UNSTATED, Row, Systems, fullest, labels
from aspectra.report.tables import number, percent, size
from aspectra.schema import POLARITIES

View = tuple[str, str]  # a scoring and a subset
Values = dict[str, Any]

SCORINGS = ("strict", "paper")
SUBSETS = {"all": "all sentences", "implicit": "implicit opinions", "multi": "several polarities"}
COSTS = (("seconds_per_1000", "seconds"), ("usd_per_1000", "US dollars"))
TAKES = ("seconds_per_1000", "usd_per_1000", "tokens_per_1000")
SUBJECTS = {"atsa": ("term", "terms"), "acsa": ("category", "categories")}
HEADS = {
    math.inf: "All labeled sentences",
    0.0: "No labeled sentence (zero-shot)",
    UNSTATED: "Prediction files: labels not stated",
}
SHORT = {math.inf: "all", 0.0: "none", UNSTATED: "not stated"}


def views(results: Row) -> list[View]:
    """The scorings and subsets in the table, the default first."""
    there = {(row["scoring"], row["subset"]) for row in results["table"]}
    return [(way, subset) for way in SCORINGS for subset in SUBSETS if (way, subset) in there]


def sets(results: Row) -> list[tuple[str, str]]:
    """Every (task, data), in the order of the table."""
    return list(dict.fromkeys((row["task"], row["data"]) for row in [*results["table"], *results["cells"]]))


def overview(results: Row, systems: Systems) -> list[Values]:
    """For each view a table of F1: systems in rows, sets in columns, and after a task's sets their mean."""
    return [_overview(results, systems, view) for view in views(results)]


def _overview(results: Row, systems: Systems, view: View) -> Values:
    every = [row for row in results["table"] if (row["scoring"], row["subset"]) == view and row["sentences"]]
    rows, there = fullest(every), sets(results)
    columns: list[tuple[str, str | None]] = []
    for task in dict.fromkeys(task for task, _ in there):
        of_task: list[tuple[str, str | None]] = [(t, d) for t, d in there if t == task]
        columns += of_task + ([(task, None)] if len(of_task) > 1 else [])
    people = {systems.name(row): row for row in rows}
    values: dict[tuple[str, str, str | None], float] = {
        (systems.name(row), row["task"], row["data"]): row["f1"]["mean"] for row in rows
    }
    for task, data in columns:
        for name in people if data is None else ():
            known = [values[name, t, d] for t, d in there if t == task and (name, t, d) in values]
            if len(known) == sum(t == task for t, _ in there):
                values[name, task, None] = mean(known)
    shots: dict[str, set[float]] = {}
    for row in rows:
        shots.setdefault(systems.name(row), set()).add(labels(row))
    lines: dict[str, Values] = {
        name: {
            **systems.who(row),
            "labels": ", ".join(SHORT.get(n, f"{n:.0f}") for n in sorted(shots[name])),
            "cells": [],
        }
        for name, row in people.items()
    }
    for task, data in columns:
        known = [values[name, task, data] for name in lines if (name, task, data) in values]
        leaders = {name for name in lines if len(known) > 1 and values.get((name, task, data)) == max(known)}
        level = differences.level(results, systems, (task, data), view, leaders)
        for name, line in lines.items():
            line["cells"].append(
                {
                    "text": percent(values.get((name, task, data))),
                    "best": name in leaders,
                    "near": name in level - leaders,
                    "mean": data is None,
                }
            )
    order = sorted(lines, key=lambda name: -mean(v for (n, _, _), v in values.items() if n == name))
    return {
        "scoring": view[0],
        "subset": view[1],
        "heads": [{"task": task.upper(), "data": data or "mean"} for task, data in columns],
        "rows": [lines[name] for name in order],
        "labels": len(set().union(*shots.values())) > 1,
    }


def boards(results: Row, systems: Systems) -> list[Values]:
    """One board for each task and set; errors and subsets are from each system's run with the most labels."""
    return [_board(results, systems, place, *which) for place, which in enumerate(sets(results))]


def _board(results: Row, systems: Systems, place: int, task: str, data: str) -> Values:
    rows = [r for r in results["table"] if (r["task"], r["data"]) == (task, data) and r["sentences"]]
    runs: dict[str, list[Row]] = {}
    for cell in fullest(c for c in results["cells"] if (c["task"], c["data"]) == (task, data)):
        runs.setdefault(cell["system"], []).append(cell)
    rank = {r["system"]: r["f1"]["mean"] for r in fullest(rows) if (r["scoring"], r["subset"]) == views(results)[0]}
    ranked = sorted(runs.values(), key=lambda run: -rank.get(run[0]["system"], 0))
    return {
        "id": f"s{place}",
        "task": task.upper(),
        "data": data,
        "subject": SUBJECTS.get(task, ("subject", "subjects"))[0],
        "subjects": SUBJECTS.get(task, ("subject", "subjects"))[1],
        "views": [
            _view(results, systems, (task, data), view, rows, f"{place}-{n}") for n, view in enumerate(views(results))
        ],
        "subsets": [
            _subsets(systems, way, [r for r in fullest(rows) if r["scoring"] == way], str(place)) for way in SCORINGS
        ],
        "errors": [details.errors(systems, run) for run in ranked if run[0]["subjects"]["gold"]],
        "confusions": [details.confusion(systems, r) for r in ranked if sum(c["polarity"]["subjects"] for c in r)],
        "polarities": details.parts(systems, ranked, "polarities", POLARITIES),
        "categories": details.parts(systems, ranked, "categories"),
        "faults": [details.faults(systems, run) for run in ranked],
    }


def _view(
    results: Row, systems: Systems, which: tuple[str, str], view: View, every: Sequence[Row], name: str
) -> Values:
    rows = [r for r in every if (r["scoring"], r["subset"]) == view]
    rows.sort(key=lambda r: (-labels(r), -r["f1"]["mean"]))
    return {
        "scoring": view[0],
        "subset": view[1],
        "sentences": f"{max((r['sentences'] for r in rows), default=0):,}",
        **_leaderboard(systems, rows, name),
        "costs": [cost for key, unit in COSTS if (cost := _cost(systems, rows, key, unit))],
        "curve": _curve(systems, rows),
        **differences.differences(systems, differences.compared(results, which, view), name),
    }


def _axis(rows: Sequence[Row], name: str) -> charts.Axis:
    return charts.linear((100 * r["f1"][end] for r in rows for end in ("low", "high", "min", "max")), name, 100)


def _dot(systems: Systems, r: Row, axis: charts.Axis, height: int) -> str:
    f1 = {key: 100 * value for key, value in r["f1"].items() if value is not None}
    ends, seeds = (f1["low"], f1["high"]), (f1["min"], f1["max"])
    return charts.dots(systems.keys[r["system"]], axis, f1["mean"], ends, seeds, height)


def _interval(f1: Row) -> str:
    return f"{percent(f1['low'])} to {percent(f1['high'])}"


def _leaderboard(systems: Systems, rows: Sequence[Row], name: str) -> Values:
    """The rows grouped by number of labels, on one axis."""
    if not rows:
        return {"groups": []}
    axis = _axis(rows, f"l{name}")
    groups: dict[float, list[Values]] = {}
    for r in rows:
        f1, several = r["f1"], len(r["seeds"]) > 1
        entry = {
            **systems.who(r),
            "f1": percent(f1["mean"]),
            "sd": percent(f1["sd"]),
            "range": f"{percent(f1['min'])} to {percent(f1['max'])}" if several else "–",
            "interval": _interval(f1),
            "precision": percent(r["precision"]),
            "recall": percent(r["recall"]),
            "seeds": max(len(r["seeds"]), 1),
            "parameters": size(r["parameters"]),
            **{key: number(r[key]) for key in TAKES},
            "chart": _dot(systems, r, axis, 34),
        }
        groups.setdefault(labels(r), []).append(entry)
    return {
        "groups": [
            {"labels": HEADS.get(n, f"{n:.0f} labeled sentences"), "rows": group} for n, group in groups.items()
        ],
        "scale": charts.scale(axis),
        "columns": [key for key in ("parameters", *TAKES) if any(r[key] is not None for r in rows)],
        "several_seeds": any(len(r["seeds"]) > 1 for r in rows),
    }


def _subsets(systems: Systems, way: str, rows: Sequence[Row], name: str) -> Values:
    """A row of dots for each system and subset; empty if there is only one subset."""
    if len({r["subset"] for r in rows}) < 2:
        return {"scoring": way, "systems": []}
    axis = _axis(rows, f"s{name}{way}")
    people: dict[str, list[Row]] = {}
    for r in sorted(rows, key=lambda r: list(SUBSETS).index(r["subset"])):
        people.setdefault(r["system"], []).append(r)
    lines = []
    for found in sorted(people.values(), key=lambda found: -found[0]["f1"]["mean"]):
        dots = [
            {
                "subset": r["subset"],
                "sentences": f"{r['sentences']:,}",
                "f1": percent(r["f1"]["mean"]),
                "interval": _interval(r["f1"]),
                "chart": _dot(systems, r, axis, 26),
            }
            for r in found
        ]
        lines.append({**systems.who(found[0]), "rows": dots})
    return {"scoring": way, "scale": charts.scale(axis), "systems": lines}


def _point(systems: Systems, r: Row, x: float, name: str) -> plots.Point:
    f1 = r["f1"]
    return plots.Point(name, systems.keys[r["system"]], x, 100 * f1["mean"], 100 * f1["low"], 100 * f1["high"])


def _cost(systems: Systems, rows: Sequence[Row], key: str, unit: str) -> Values | None:
    """F1 against the cost of 1,000 sentences, for each system with the most labels; None if fewer than two have it."""
    most = fullest(rows)
    known = [r for r in most if r[key]]
    if len(known) < 2:
        return None
    points = [_point(systems, r, r[key], r["system"]) for r in known]
    best = {p.name for p in plots.frontier(points)}
    title = f"{unit} per 1,000 sentences (log scale)"
    return {
        "unit": unit,
        "chart": plots.scatter(f"F1 against {title}", points, title),
        "best": [systems.who(r) for r in known if r["system"] in best],
        "rest": [systems.who(r) for r in known if r["system"] not in best],
        "unknown": [r["system"] for r in most if r[key] is None],
        "free": [r["system"] for r in most if r[key] == 0],
    }


def _curve(systems: Systems, rows: Sequence[Row]) -> Values | None:
    """F1 over the number of labeled sentences; None if no system has several."""
    known = sorted((r for r in rows if labels(r) != UNSTATED), key=labels)
    steps = sorted({labels(r) for r in known})
    lines: dict[str, list[plots.Point]] = {}
    for r in known:
        lines.setdefault(r["system"], []).append(_point(systems, r, steps.index(labels(r)), r["system"]))
    if not any(len(points) > 1 for points in lines.values()):
        return None
    ticks = ["all" if step == math.inf else f"{step:.0f}" for step in steps]
    title = "labeled sentences (not to scale)"
    who = {r["system"]: {**systems.who(r), "name": r["system"]} for r in known}
    chart = plots.curve("F1 over the number of labeled sentences", list(lines.values()), ticks, title)
    return {"chart": chart, "systems": list(who.values())}
