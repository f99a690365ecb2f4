"""`aspectra benchmark`: the grid's cells, then one table of them all. Called by `aspectra.cli.benchmark`.

A rerun does what is missing. Folders of several machines are joined by `merge`; records of another version of the
protocol, or of other test sentences, are never put into one table.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aspectra.benchmark import cells, datasets, grid, stats, summary, workers
from aspectra.benchmark.results import PROTOCOL, RESULT, Result
from aspectra.config import BenchmarkConfig
from aspectra.elicit.database import LOCK, take_lock
from aspectra.errors import UserError
from aspectra.files import torn, write_json
from aspectra.progress import progress, say

CONFIG = "benchmark.json"
RESULTS = "results.json"
SHARED = 0.01  # of the test sentences: fewer in common are chance


def benchmark(config: BenchmarkConfig, out: Path, count: int = 1) -> dict[str, Any]:
    """Do every cell that is not done yet in `count` processes, then write `results.json` and the reports.

    Returns what `results.json` holds; `missing` there are cells that could not be done. Raises UserError for input
    that the user can mend, before anything is run.
    """
    grid.check(config)
    claim(out)
    with take_lock(out):
        write_json(out / CONFIG, config.model_dump(mode="json"))
        wanted = grid.grid(config)
        left = [c for c in wanted if cells.stage_of(config, c, out / "cells" / c.id).finished() is None]
        failures: dict[str, str] = {}
        if len(left) < len(wanted):
            say(f"benchmark: {len(wanted) - len(left)} of {len(wanted)} cells are done already")
        if left:
            with progress("benchmark", len(left)) as bar:
                failures = workers.work(config, left, out, count, bar)
        results = {c.id: cells.read(out / "cells" / c.id) for c in wanted if c.id not in failures}
        folders = {f"{task}/{Path(d).name}": datasets.find(task, d) for task, sets in config.sets.items() for d in sets}
        return conclude(out, config.model_dump(mode="json"), results, failures, config.compare, notes(folders))


def conclude(
    out: Path,
    config: dict[str, Any],
    results: dict[str, Result],
    failures: dict[str, str],
    compare: Sequence[tuple[str, str]] | None,
    remarks: list[str],
) -> dict[str, Any]:
    """Write `results.json`, `report.md` and `report.html` from the records of cells, by the names of their folders."""
    from aspectra.report.benchmark import write

    table, comparisons = summary.summarize(results, out, compare)
    found = {
        "protocol": PROTOCOL,
        "name": out.name,
        "config": config,
        "notes": remarks,
        "cells": [result.model_dump(mode="json") for result in results.values()],
        "table": table,
        "comparisons": comparisons,
        "missing": [{"cell": cell, "reason": reason} for cell, reason in failures.items()],
    }
    write_json(out / RESULTS, found)
    write(found, out)
    return found


def claim(out: Path, merged: bool = False) -> None:
    """Raise UserError unless the folder is new, empty or one that the same command made."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    there = [path for path in out.iterdir() if not torn(path) and path.name != LOCK] if out.exists() else []
    mine = merged == ("merged" in (json.loads((out / CONFIG).read_text()) if (out / CONFIG).exists() else {}))
    if there and not ((out / CONFIG).exists() and mine):
        raise UserError(f"{out} holds something else; name another folder with --out or empty it")
    out.mkdir(parents=True, exist_ok=True)


def notes(folders: dict[str, Path]) -> list[str]:
    """What a reader of the table must know about the sets: which share test sentences."""
    return [
        f"{one['one']} and {one['other']} share {one['shared']} of {one['of']} test sentences: "
        "their scores are not independent."
        for one in stats.overlaps(folders)
        if one["split"] == "test" and one["shared"] >= SHARED * one["of"]
    ]


def merge(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Join the cells of several benchmark folders in a new one, and write its results.

    Raises UserError for a folder without cells, records of another protocol version, one cell with two results, and
    sets whose test sentences differ between folders.
    """
    kept: dict[str, tuple[Path, Result]] = {}
    golds: dict[tuple[str, str], tuple[str, Path]] = {}
    configs, remarks = {}, list[str]()
    for folder in folders:
        found = sorted(file for file in folder.glob(f"cells/*/{RESULT}") if not file.parent.name.startswith("."))
        if not found:
            raise UserError(f"{folder} has no finished cells; name folders that `aspectra benchmark` wrote")
        for file in found:
            result = record(file)
            name = file.parent.name
            if name in kept and comparable(kept[name][1]) != comparable(result):
                raise UserError(f"{kept[name][0].parent.parent} and {folder} have different results for {name}")
            kept.setdefault(name, (file.parent, result))
            place = (result.task, result.data)
            gold, first = golds.setdefault(place, (result.gold_sha256, folder))
            if gold != result.gold_sha256:
                raise UserError(f"{first} and {folder} have other test sentences or gold for {'/'.join(place)}")
        configs[str(folder)], more = told(folder)
        remarks += [note for note in more if note not in remarks]
    claim(out, merged=True)
    with take_lock(out):
        write_json(out / CONFIG, {"merged": configs})
        for name, (source, _) in kept.items():
            partly = out / "cells" / f".{name}"
            shutil.rmtree(partly, ignore_errors=True)
            shutil.copytree(source, partly, ignore=shutil.ignore_patterns(cells.MODEL))
            shutil.rmtree(out / "cells" / name, ignore_errors=True)
            partly.rename(out / "cells" / name)
        results = {name: result for name, (_, result) in kept.items()}
        return conclude(out, {"merged": configs}, results, {}, None, remarks)


def record(file: Path) -> Result:
    """A cell's record; raises UserError for one of another version of the protocol."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(value, dict) and value.get("protocol") != PROTOCOL:
            raise UserError(
                f"{file} is of protocol version {value.get('protocol')}, this is {PROTOCOL}; run its cells again"
            )
        return Result.model_validate(value)
    except (ValueError, ValidationError) as error:
        raise UserError(f"{file} is no record of a cell ({str(error).splitlines()[0]})") from None


def comparable(result: Result) -> dict[str, Any]:
    """What two results of one cell must share to be one."""
    return result.model_dump(include={"scores", "settings", "gold_sha256", "faults"})


def told(folder: Path) -> tuple[Any, list[str]]:
    """The configuration and the notes that a folder's results have."""
    try:
        found = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
        return found["config"], list(found["notes"])
    except (OSError, ValueError, KeyError):
        return None, []
