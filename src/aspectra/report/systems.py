"""Names and symbols of a benchmark's systems. Called by `boards`, `details` and `contrasts`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from aspectra.report import charts
from aspectra.score.results import learned

Row = Mapping[str, Any]

# Without {shots} in its name, a prediction file does not state how many labels its system saw.
UNSTATED = -1.0


def labels(row: Row) -> float:
    """The number of labeled sentences of a system: infinite for all of them, `UNSTATED` if it is not known."""
    if row["shots"] is not None:
        return float(row["shots"])
    if learned(row["kind"], row.get("stated", False)):
        return math.inf
    return 0.0 if row["kind"] == "llm" else UNSTATED


def labels_text(count: float) -> str:
    """
    >>> labels_text(math.inf), labels_text(8.0), labels_text(1.0), labels_text(0.0), labels_text(UNSTATED)
    ('all labels', '8 labels', '1 label', 'no labels', 'labels not stated')
    """
    if count in (math.inf, 0.0, UNSTATED):
        return {math.inf: "all labels", 0.0: "no labels"}.get(count, "labels not stated")
    return f"{count:.0f} label{'s' if count != 1 else ''}"


def fullest(rows: Iterable[Row]) -> list[Row]:
    """For each system on each set, the rows with the most labels, in order."""
    known = list(rows)
    most: dict[tuple[str, str, str], float] = {}
    for row in known:
        place = (row["system"], row["task"], row["data"])
        most[place] = max(labels(row), most.get(place, UNSTATED))
    return [row for row in known if labels(row) == most[row["system"], row["task"], row["data"]]]


class Systems:
    """The systems of a benchmark, each with its symbol: a letter, a color, and a shape for its kind."""

    def __init__(self, results: Row) -> None:
        rows = [*results["table"], *results["cells"]]
        self.kinds: dict[str, str] = {row["system"]: row["kind"] for row in rows}
        letters = [a + b for a in ["", *"ABCDEFGHIJ"] for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
        self.keys = {
            name: charts.Key(letters[n % len(letters)], n % charts.COLORS, kind)
            for n, (name, kind) in enumerate(self.kinds.items())
        }
        self.stated = {row["system"] for row in rows if row.get("stated")}
        counts: dict[str, set[float]] = {}
        for row in rows:
            counts.setdefault(row["system"], set()).add(labels(row))
        self.several = {name for name, found in counts.items() if len(found) > 1}

    def name(self, row: Row) -> str:
        """A system's name, with its number of labels if it ran with several."""
        return f"{row['system']}, {labels_text(labels(row))}" if row["system"] in self.several else row["system"]

    def side(self, comparison: Row, which: str) -> Row:
        """One system of a comparison (`one` or `other`) as a row."""
        name = comparison[which]
        return {**comparison, "system": name, "kind": self.kinds[name], "stated": name in self.stated}

    def sides(self, comparison: Row) -> set[str]:
        """The names of the two systems of a comparison."""
        return {self.name(self.side(comparison, which)) for which in ("one", "other")}

    def varied(self, comparison: Row) -> str:
        """The number of labels of a comparison, if one of the systems ran with several."""
        rows = (self.side(comparison, which) for which in ("one", "other"))
        return next((labels_text(labels(row)) for row in rows if row["system"] in self.several), "")

    def who(self, row: Row) -> dict[str, Any]:
        """The values that identify a system in a row of any table."""
        key = self.keys[row["system"]]
        return {
            "name": self.name(row),
            "system": row["system"],
            "labels": labels_text(labels(row)),
            "kind": key.kind,
            "chip": charts.chip(key),
        }

    def legend(self) -> list[dict[str, Any]]:
        """Every system with its symbol."""
        return [{"system": name, "kind": key.kind, "chip": charts.chip(key)} for name, key in self.keys.items()]
