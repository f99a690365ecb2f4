"""The kinds of errors that each system makes on a set: tables of shares, summed or averaged over seeds.

Called by `aspectra.report.boards` with the cells of each system that have the same number of labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean
from typing import Any

from aspectra.report import charts
from aspectra.report.systems import Row, Systems
from aspectra.report.tables import percent
from aspectra.schema import POLARITIES

Run = Sequence[Row]

FAULTS = ("unparsed", "not_in_sentence", "cut", "unanswered")


def errors(systems: Systems, run: Run) -> dict[str, Any]:
    """For the gold subjects: found with the right polarity, found with a wrong one, not found; summed over seeds."""
    gold = sum(c["subjects"]["gold"] for c in run)
    met = sum(c["polarity"]["subjects"] for c in run)
    right = sum(c["polarity"]["right"] for c in run)
    names = ("right", "wrong", "lost")
    shares = [part / gold if gold else 0.0 for part in (right, met - right, gold - met)]
    parts = [(share, name, f"{100 * share:.0f}") for share, name in zip(shares, names, strict=True)]
    return {
        **systems.who(run[0]),
        **{f"subject_{key}": percent(mean(c["subjects"][key] for c in run)) for key in ("precision", "recall", "f1")},
        "overlap_f1": over(run, "overlap", "f1"),
        "given": over(run, "given", "accuracy"),
        "accuracy": percent(mean(c["polarity"]["accuracy"] for c in run)) if met else "–",
        **{name: percent(share) for share, name in zip(shares, names, strict=True)},
        "chart": charts.stack(parts),
    }


def over(run: Run, part: str, key: str) -> str:
    """A figure of a part that only some records have, mean over seeds."""
    found = [c[part][key] for c in run if c.get(part)]
    return percent(mean(found)) if found else "–"


def confusion(systems: Systems, run: Run) -> dict[str, Any]:
    """Gold polarity in rows, predicted in columns: counts summed over seeds, `heat` (0 to 9) by the share of a row."""
    counts = {
        (gold, said): sum(c["polarity"]["confusion"].get(gold, {}).get(said, 0) for c in run)
        for gold in POLARITIES
        for said in POLARITIES
    }
    order = [p for p in POLARITIES if any(count for pair, count in counts.items() if p in pair)]
    rows = []
    for gold in order:
        total = sum(counts[gold, said] for said in order)
        cells = [
            {
                "count": f"{counts[gold, said]:,}",
                "share": f"{counts[gold, said] / total:.0%}" if total else "–",
                "heat": round(9 * counts[gold, said] / total) if total else 0,
                "right": said == gold,
            }
            for said in order
        ]
        rows.append({"gold": gold, "cells": cells})
    return {**systems.who(run[0]), "polarities": order, "rows": rows, "seeds": len(run)}


def parts(systems: Systems, runs: Sequence[Run], field: str, order: Iterable[str] = ()) -> dict[str, Any] | None:
    """F1 by polarity or by category, mean over seeds; by descending frequency unless an order is given."""
    gold = {name: part["gold"] for run in runs for name, part in run[0][field].items() if part["gold"]}
    heads = [name for name in order if name in gold] or sorted(gold, key=lambda name: -gold[name])
    if not heads:
        return None
    rows = []
    for run in runs:
        f1 = [[c[field][name]["f1"] for c in run if name in c[field]] for name in heads]
        rows.append({**systems.who(run[0]), "cells": [percent(mean(found)) if found else "–" for found in f1]})
    return {"heads": [{"name": name, "gold": f"{gold[name]:,}"} for name in heads], "rows": rows}


def faults(systems: Systems, run: Run) -> dict[str, Any]:
    """The share of outputs with each fault, mean over seeds."""
    shares = [mean(c["faults"][key] for c in run) for key in FAULTS]
    cells = [{"text": percent(share), "some": share > 0} for share in shares]
    return {**systems.who(run[0]), "outputs": f"{sum(c['faults']['outputs'] for c in run):,}", "cells": cells}
