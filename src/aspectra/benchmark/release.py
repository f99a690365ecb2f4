"""Exports a benchmark's predictions as a small folder for publication, with digests in place of the sets' sentences.

Called by `aspectra benchmark release`. With the sets at hand, `aspectra score` reads it, and its `benchmark.yaml`,
whose systems are all prediction files, can be run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import yaml

from aspectra import manifest, tasks
from aspectra.benchmark.protocol import RESULTS, record
from aspectra.errors import UserError, unknown
from aspectra.files import write_json, write_text
from aspectra.manifest import Stage
from aspectra.progress import say
from aspectra.report.release import card
from aspectra.report.tables import distinct
from aspectra.schema import CUT, Prediction
from aspectra.score.metrics import PARSED
from aspectra.score.predictions import digest_of, read_predictions
from aspectra.score.results import ITEMS, RESULT, Result, cell_name
from aspectra.tables import write_jsonl

CONFIG, CARD, SCORES, FOLDER = "benchmark.yaml", "README.md", "scores.json", "predictions"
WORDS = 8  # of an invalid piece: a longer one repeats a sentence and is not a term
HIDDEN = "..."
FLAGS = {CUT: True, "answered": False, PARSED: False}  # the values of a prediction's flags that mark a fault


def release(run: Path, out: Path, systems: Sequence[str] = ()) -> dict[str, Any]:
    """Write the predictions of a benchmark's folder to `out`, with digests in place of the texts; return a summary.

    `out` gets `predictions/SYSTEM/TASK-DATA[-SHOTS][-SEED].jsonl`, `benchmark.yaml`, `scores.json` and a card.
    `systems` are those to release, by default all. The result has `systems`, `files`, `predictions` and `shortened`:
    the number of answers in which an invalid piece longer than a term was replaced by `...`.

    Raises UserError for a folder without finished cells, with another protocol version, with missing cells or cells of
    different sides; for an unknown system; and for an `out` with other content.
    """
    found = manifest.read(run, RESULTS)
    if found is None or not found.get("cells"):
        raise UserError(f"{run} has no {RESULTS} with runs; name a folder that `aspectra benchmark` finished")
    names = [cell_name(*(cell[key] for key in ("system", "task", "data", "seed", "shots"))) for cell in found["cells"]]
    cells = {name: record(run / "cells" / name / RESULT) for name in names}
    there = distinct(cell.system for cell in cells.values())
    for name in systems:
        if name not in there:
            raise unknown("system", name, there)
    wanted = [name for name in there if name in systems] if systems else there
    cells = {name: cell for name, cell in cells.items() if cell.system in wanted}
    config = settings(run, cells, found["config"].get("compare"))
    inputs: dict[str, Path | str] = {name: run / "cells" / name / ITEMS for name in cells}
    stage = Stage("release", out, inputs, {"systems": wanted})
    if (done := stage.finished()) is None:
        stage.begin()
        files = {}
        shortened = predictions = 0
        for name, cell in cells.items():
            said = read_predictions(run / "cells" / name / ITEMS)
            rows = [row(prediction, cell.task) for prediction in said]
            hidden = sum(each.get("raw") != p.raw for each, p in zip(rows, said, strict=True) if p.raw is not None)
            shortened += hidden
            predictions += len(rows)
            files[name] = file_of(cell)
            write_jsonl(out / files[name], rows)
        write_text(out / CONFIG, yaml.safe_dump(config, sort_keys=False, allow_unicode=True))
        table = [each for each in found["table"] if each["system"] in wanted]
        write_json(out / SCORES, {"protocol": found["protocol"], "table": table})
        first = next(iter(files.values()))
        write_text(out / CARD, card(out.name, config, table, next(iter(cells.values())), first, shortened))
        figures = {"systems": wanted, "files": len(files), "predictions": predictions, "shortened": shortened}
        done = stage.finish(figures)
    else:
        say(f"release: {out} is done already")
    return {"out": str(out), **done["figures"]}


def settings(run: Path, cells: Mapping[str, Result], compare: Iterable[Sequence[str]] | None) -> dict[str, Any]:
    """The benchmark config for the released files. Raises UserError if no single grid has these cells."""
    results = [*cells.values()]
    told = [(manifest.read(run / "cells" / name) or {}).get("config", {}) for name in cells]
    sides = {(each.get("side", "test"), each.get("test_cap")) for each in told}
    if len(sides) > 1:
        raise UserError(f"{run} has runs with different sides or caps of the test sentences; release them separately")
    ((side, cap),) = sides
    sets = {
        task: distinct(each.data for each in results if each.task == task) for task in distinct(r.task for r in results)
    }
    config: dict[str, Any] = {"systems": {}, "sets": sets}
    for system in distinct(each.system for each in results):
        own = [each for each in results if each.system == system]
        spec: dict[str, Any] = {"kind": "file", "predictions": pattern(own[0])}
        spec |= {"shots": distinct(each.shots for each in own)} if own[0].learned else {}
        spec |= {"seeds": distinct(each.seed for each in own)} if own[0].seed is not None else {}
        config["systems"][system] = spec
        places = [(task, data) for task, names in sets.items() for data in names]
        shown = spec.get("shots", [own[0].shots])
        for (task, data), shots, seed in product(places, shown, spec.get("seeds", [None])):
            if (name := cell_name(system, task, data, seed, shots)) not in cells:
                raise UserError(
                    f"{run} has no finished run {name}: run the benchmark again, or name the complete systems with "
                    "--system"
                )
    if compare is not None:
        config["compare"] = [list(pair) for pair in compare if set(pair) <= config["systems"].keys()]
    config |= {"side": side} if side != "test" else {}
    return config | ({"test_cap": cap} if cap is not None else {})


def pattern(cell: Result) -> str:
    """The name of a system's files in `benchmark.yaml`."""
    parts = ["{task}", "{data}"]
    parts += ["{shots}"] if cell.learned else []
    parts += ["{seed}"] if cell.seed is not None else []
    return f"{FOLDER}/{cell.system}/{'-'.join(parts)}.jsonl"


def file_of(cell: Result) -> str:
    """The name of a cell's file within the release's folder."""
    shots = "all" if cell.shots is None else cell.shots
    return pattern(cell).format(task=cell.task, data=cell.data, shots=shots, seed=cell.seed)


def row(prediction: Prediction, task: str) -> dict[str, Any]:
    """A prediction in its published form."""
    said: dict[str, Any] = {"id": prediction.id, "text_sha256": digest_of(prediction.text)}
    if prediction.raw is not None:
        said["raw"] = shortened(prediction.raw, prediction.text, task)
    else:
        said["opinions"] = [
            {"target": o.target, "category": o.category, "polarity": o.polarity, "from": o.start, "to": o.end}
            for o in prediction.opinions
        ]
    return said | {name: value for name, value in FLAGS.items() if prediction.extra.get(name) is value}


def shortened(raw: str, text: str, task: str) -> str:
    """An answer without long invalid pieces: a failing student may copy the sentence.

    The result scores the same in both scorings; if it would not, the answer is not changed.
    """
    rules = tasks.get(task)

    def valid(piece: str) -> bool:
        return any(rules.parse(piece, text, way).pairs for way in tasks.SCORINGS)

    pieces = [
        HIDDEN if len(piece.split()) > WORDS and not valid(piece) else piece for piece in re.split(r"(?<!\\);", raw)
    ]
    short = ";".join(pieces)
    alike = all(rules.parse(short, text, way) == rules.parse(raw, text, way) for way in tasks.SCORINGS)
    return short if alike else raw
