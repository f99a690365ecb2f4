"""Results of a benchmark that never ran: two tasks, two sets, three systems, two seeds, a handful of sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from aspectra import tasks
from aspectra.benchmark.grid import Cell
from aspectra.schema import Example, Opinion, Prediction
from aspectra.score.predictions import write_predictions
from aspectra.score.results import PROTOCOL, Result
from aspectra.score.scoring import score
from aspectra.score.subsets import SUBSETS

Values = dict[str, Any]

SYSTEMS = {"tiny": "student", "oracle": "llm", "file": "file"}
SETS = (("atsa", "inn"), ("atsa", "desk"), ("acsa", "inn"), ("acsa", "desk"))
BREAD = Opinion("bread", "FOOD#QUALITY", "positive", 5, 10, ("Warm",))
SOUP = Opinion("soup", "FOOD#PRICES", "negative", 17, 21)
SENTENCES = (
    Example("1", "Warm bread, cold soup.", (BREAD, SOUP)),
    Example("2", "The porter sang.", (Opinion("porter", "STAFF#GENERAL", "neutral", 4, 10),)),
    Example("3", "We left early.", ()),
)  # fmt: skip


def invented(
    folder: Path,
    systems: dict[str, str] = SYSTEMS,
    sets: Sequence[tuple[str, str]] = SETS,
    seeds: Sequence[int] = (1, 2),
    shots: Sequence[int | None] = (None,),
    sentences: Sequence[Example] = SENTENCES,
    compare: bool = True,
) -> Values:
    """What `results.json` would hold; the cells' predictions are written below `folder`.

    The first system finds everything, the second swaps polarities, the third finds the first opinion and one term that
    is not there. `shots` are the students'.
    """
    cells = []
    for number, (system, kind) in enumerate(systems.items()):
        for task, data in sets:
            for count in shots if kind == "student" else [0] if kind == "llm" else [None]:
                for seed in seeds if kind == "student" else [None]:
                    cell = Cell(system, task, data, seed, count)
                    said = [answer(task, example, number) for example in sentences]
                    write_predictions(folder / "cells" / cell.id / "predictions.jsonl", said)
                    cells.append(record(cell, kind, sentences, said))
    table = rows(cells)
    return {
        "protocol": PROTOCOL, "name": "Invented", "config": {"systems": list(systems)}, "cells": cells, "table": table,
        "notes": ["Scores of inn and desk are not independent."], "comparisons": compared(table) if compare else [],
        "missing": [{"cell": "tiny.atsa.barn.seed-1", "reason": "the worker was killed"}],
    }  # fmt: skip


def answer(task: str, example: Example, number: int) -> Prediction:
    """A system's answer, with the gold and the counts that a cell writes beside it."""
    rules = tasks.get(task)
    opinions = list(example.opinions)
    if number == 1:
        other = {"positive": "negative", "negative": "positive"}
        opinions = [Opinion(o.target, o.category, other.get(o.polarity, o.polarity)) for o in opinions]
    raw = rules.encode(opinions[: 1 if number == 2 else None])
    raw = f"{raw} ; unicorn" if number == 2 else raw
    prediction = Prediction(example.id, example.text, rules.decode(raw, example.text), raw)
    counts = {}
    for way in ("strict", "paper"):
        found = score([example], [prediction], task, way)
        counts[way] = [found.correct, found.predicted, found.found, found.gold]
    gold = [
        {"target": o.target, "category": o.category, "polarity": o.polarity, "from": o.start, "to": o.end}
        for o in example.opinions
    ]
    prediction.extra.update(gold=gold, counts=counts, cut=False, answered=True)
    return prediction


def record(cell: Cell, kind: str, sentences: Sequence[Example], said: Sequence[Prediction]) -> Values:
    """A cell's `result.json`; parts that no test looks at are made up."""
    part = {"precision": 0.5, "recall": 0.5, "f1": 0.5, "gold": 4, "predicted": 4, "correct": 2}
    scores = []
    for way in ("strict", "paper"):
        for subset in SUBSETS:
            found = score(sentences, said, cell.task, way, subset)
            # Seeds of a real student differ.
            f1 = found.f1 * (1 - 0.02 * (cell.seed or 0))
            scores.append({
                "scoring": way, "subset": subset, "precision": found.precision, "recall": found.recall, "f1": f1,
                "gold": found.gold, "predicted": found.predicted, "correct": found.correct, "found": found.found,
                "sentences": found.sentences,
            })  # fmt: skip
    result = Result.model_validate({
        "system": cell.system, "kind": kind, "task": cell.task, "data": cell.data, "seed": cell.seed,
        "shots": cell.shots,
        "sentences": len(sentences), "gold_sha256": cell.data, "scores": scores,
        "polarities": {"positive": part, "negative": part}, "categories": {"food quality": part, "staff general": part},
        "subjects": part,
        "polarity": {
            "accuracy": 0.5, "subjects": 2, "right": 1,
            "confusion": {"positive": {"positive": 1, "negative": 0}, "negative": {"positive": 1, "negative": 0}},
        },
        "overlap": part | {"f1": 0.75, "found": 2} if kind == "student" else None,
        "given": {"accuracy": 0.8, "macro_f1": 0.7, "items": 5, "right": 4} if kind == "student" else None,
        "faults": {"outputs": 3, "unparsed": 0.25, "not_in_sentence": 0.0, "cut": 0.0, "unanswered": 0.0},
        "cost": {
            "seconds": {"student": 0.3, "llm": 6.0}.get(kind), "parameters": 60_000 if kind == "student" else None,
            "usd": 0.003 if kind == "llm" else None,
        },
        "settings": {}, "versions": {"aspectra": "0.1.0"}, "commit": None, "machine": {"cores": 2},
        "created": "2026-11-22T10:00:00+00:00",
    })  # fmt: skip
    return result.model_dump(mode="json")


def rows(cells: Sequence[Values]) -> list[Values]:
    """The table over seeds; intervals are made up, five points to either side."""
    groups: dict[tuple[Any, ...], list[tuple[Values, Values]]] = defaultdict(list)
    for cell in cells:
        for found in cell["scores"]:
            place = (cell["system"], cell["task"], cell["data"], cell["shots"], found["scoring"], found["subset"])
            groups[place].append((cell, found))
    table = []
    for (system, task, data, shots, way, subset), runs in groups.items():
        cell, first = runs[0]
        f1 = [found["f1"] for _, found in runs]
        cost = {key: cell["cost"][key] for key in ("seconds", "usd")}
        table.append({
            "system": system, "kind": cell["kind"], "task": task, "data": data, "shots": shots, "scoring": way,
            "subset": subset, "sentences": first["sentences"], "seeds": [c["seed"] for c, _ in runs if c["seed"]],
            "f1": {
                "mean": mean(f1), "sd": stdev(f1) if len(f1) > 1 else None, "min": min(f1), "max": max(f1),
                "low": mean(f1) - 0.05, "high": mean(f1) + 0.05,
            },
            "precision": first["precision"], "recall": first["recall"], "parameters": cell["cost"]["parameters"],
            **{f"{key}_per_1000": value and 1000 * value / 3 for key, value in cost.items()}, "tokens_per_1000": None,
        })  # fmt: skip
    return table


def compared(table: Sequence[Values]) -> list[Values]:
    """The first system against each other one, in the default view: only the second comparison shows a difference."""
    default = [r for r in table if (r["scoring"], r["subset"]) == ("strict", "all")]
    names = list(dict.fromkeys(r["system"] for r in default))
    return [
        {
            "one": names[0], "other": other, "task": task, "data": data, "shots": None, "scoring": "strict",
            "subset": "all", "difference": 0.1 * n, "low": 0.1 * n - 0.12, "high": 0.1 * n + 0.12, "p": 0.04 / n,
            "p_holm": 0.08 / n, "differs": n == 2, "sentences": 3, "seeds": [1, 2, 3, 4, 5],
            "by_seed": [0.1 * n - 0.12, 0.1 * n, 0.1 * n, 0.1 * n, 0.1 * n + 0.12], "agree": 4 + (n > 1),
            "over_runs": {
                "runs": 5, "low": 0.1 * n - 0.14, "high": 0.1 * n + 0.14, "p": 0.06 / n**2, "p_holm": 0.06 / n,
            },
            "verdict": "shown" if n == 2 else "not shown",
        }
        for task, data in dict.fromkeys((r["task"], r["data"]) for r in default)
        for n, other in enumerate(names[1:], 1)
    ]  # fmt: skip
