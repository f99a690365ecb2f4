"""`aspectra benchmark`: runs the grid's cells, then makes one table of them. Called by `aspectra.cli.benchmark`.

A rerun does what is missing. `merge` joins folders of several machines. Records of another protocol version, or of
other test sentences, never get into one table.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aspectra import manifest
from aspectra.benchmark import cells, grid, summary, workers
from aspectra.errors import UserError
from aspectra.files import make_folder, torn, write_json
from aspectra.lock import LOCK, take_lock
from aspectra.manifest import BENCHMARK
from aspectra.progress import progress, say
from aspectra.score.results import ITEMS, PROTOCOL, RESULT, Result
from aspectra.systems import BenchmarkConfig
from aspectra.tables import read_jsonl

RESULTS = "results.json"
MERGED = "merged"
SHARED = 0.01  # of the test sentences: a smaller overlap is chance


def benchmark(config: BenchmarkConfig, out: Path, count: int = 1) -> dict[str, Any]:
    """Do every unfinished cell in `count` processes, then write `results.json` and the reports.

    Returns the content of `results.json`; its `missing` are cells that failed. Raises UserError for invalid input,
    before anything runs.
    """
    grid.check(config, out)
    claim(out)
    with take_lock(out):
        write_json(out / BENCHMARK, config.model_dump(mode="json"))
        wanted = grid.grid(config)
        if others := beside(out, {cell.id for cell in wanted}):
            say(
                f"benchmark: {out} has {len(others)} runs of another grid (first {others[0]}), which are kept but "
                "not in this report; use another --out to separate them"
            )
        left = [c for c in wanted if cells.stage_of(config, c, out / "cells" / c.id).finished() is None]
        failures: dict[str, str] = {}
        if len(left) < len(wanted):
            say(f"benchmark: {len(wanted) - len(left)} of {len(wanted)} runs are done already")
        for cell in wanted:
            if cell not in left:
                cells.settle(out / "cells" / cell.id)
        if left:
            with progress("benchmark", len(left)) as bar:
                failures = workers.work(config, left, out, count, bar)
        cells.spare(config, wanted, failures, out)
        results = {c.id: cells.read(out / "cells" / c.id) for c in wanted if c.id not in failures}
        return conclude(out, config.model_dump(mode="json"), results, failures, config.compare)


def beside(out: Path, wanted: Collection[str]) -> list[str]:
    """The names of finished cells in a benchmark's folder that are not among the wanted ones."""
    found = sorted(file.parent.name for file in out.glob(f"cells/*/{RESULT}"))
    return [name for name in found if name not in wanted and not name.startswith(".")]


def conclude(
    out: Path,
    config: dict[str, Any],
    results: dict[str, Result],
    failures: dict[str, str],
    compare: Sequence[tuple[str, str]] | None,
) -> dict[str, Any]:
    """Write `results.json`, `report.md` and `report.html` from the cells' records, by the names of their folders."""
    from aspectra.report.benchmark import write

    table, comparisons = summary.summarize(results, out, compare)
    found = {
        "protocol": PROTOCOL,
        "name": out.name,
        "config": config,
        "notes": notes(results, out),
        "cells": [result.model_dump(mode="json") for result in results.values()],
        "table": table,
        "comparisons": comparisons,
        "missing": [{"cell": cell, "reason": reason} for cell, reason in failures.items()],
    }
    write_json(out / RESULTS, found)
    write(found, out)
    return found


def claim(out: Path, merged: bool = False) -> None:
    """Raise UserError unless the folder is new, empty, or was made by the same command."""
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a folder")
    there = [path for path in out.iterdir() if not torn(path) and path.name != LOCK] if out.exists() else []
    if there:
        found = manifest.read(out, BENCHMARK)
        if found is None:
            raise UserError(f"{out} has other files; name another folder with --out, or empty it")
        if merged and MERGED not in found:
            raise UserError(f"{out} has runs of its own; name another folder with --out to merge into")
        if not merged and MERGED in found:
            raise UserError(
                f"{out} has runs merged from other folders; run the benchmark in one of those, then merge again"
            )
    make_folder(out)


def notes(results: dict[str, Result], out: Path) -> list[str]:
    """Notes on the table: whether dev was used, doubts about prediction files, and which sets share sentences."""
    texts: dict[str, list[str]] = {}
    for name, result in results.items():
        place = f"{result.task}/{result.data}"
        if place not in texts:
            texts[place] = [row["text"] for row in read_jsonl(out / "cells" / name / ITEMS)]
    shares = [
        (one, other, len(set(texts[one]) & set(texts[other])), min(len(texts[one]), len(texts[other])))
        for one, other in combinations(sorted(texts), 2)
    ]
    doubts = [f"{name}: {doubt}." for name, result in results.items() for doubt in result.doubts]
    told = [manifest.read(out / "cells" / name) or {} for name in results]
    side = "dev" if any(each.get("config", {}).get("side") == "dev" for each in told) else "test"
    if side == "dev":
        doubts.insert(0, "All scores are on dev sentences, for choosing settings. No test sentence was read.")
    return doubts + [
        f"{one} and {other} share {shared} of {of} {side} sentences: their scores are not independent."
        for one, other, shared, of in shares
        if shared and shared >= SHARED * of
    ]


def merge(folders: Sequence[Path], out: Path) -> dict[str, Any]:
    """Merge the cells of several benchmark folders, or of merged ones, into a new folder, and write its results.

    Cells that are missing in one folder are missing in the merge unless another has them. Cells that are not in the
    grid of a folder's last run are excluded, as in its own report. The configured comparisons are made; every pair if
    one of the folders configures none.

    Raises UserError for a folder without cells, records of another protocol version, one cell with two results, and
    sets whose test sentences differ between folders.
    """
    kept: dict[str, tuple[Path, Result]] = {}
    golds: dict[tuple[str, str], tuple[str, Path]] = {}
    configs: dict[str, Any] = {}
    lost: dict[str, str] = {}
    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"no folder {folder}")
        config = configs[str(folder)] = manifest.read(folder, BENCHMARK)
        found = beside(folder, ())
        if not found:
            raise UserError(f"{folder} has no finished runs; name folders that `aspectra benchmark` wrote")
        if (of_grid := cells_named(config)) is not None and (others := beside(folder, of_grid)):
            found = [name for name in found if name in of_grid]
            if not found:
                raise UserError(
                    f"{folder} has only runs of an earlier grid ({others[0]}): run its last grid, then merge"
                )
            say(
                f"merge: {len(others)} runs of {folder} are left out, because they are of an earlier grid: "
                f"{others[0]} ..."
            )
        for name in found:
            file = folder / "cells" / name / RESULT
            result = record(file)
            if name in kept and comparable(kept[name][1]) != comparable(result):
                raise UserError(f"{kept[name][0].parent.parent} and {folder} have different results for {name}")
            kept.setdefault(name, (file.parent, result))
            place = (result.task, result.data)
            gold, first = golds.setdefault(place, (result.gold_sha256, folder))
            if gold != result.gold_sha256:
                raise UserError(f"{first} and {folder} have other test sentences or gold for {'/'.join(place)}")
        told = manifest.read(folder, RESULTS) or {}
        missing = {each["cell"]: each["reason"] for each in told.get("missing", [])}
        lost |= {name: reason for name, reason in missing.items() if of_grid is None or name in of_grid}
    lost = {name: reason for name, reason in lost.items() if name not in kept}
    wishes = [(each or {}).get("compare") for each in configs.values()]
    named = dict.fromkeys((one, other) for wish in wishes for one, other in wish or ())
    compare = None if None in wishes else list(named)
    claim(out, merged=True)
    with take_lock(out):
        whole = {MERGED: configs, "compare": compare}
        write_json(out / BENCHMARK, whole)
        for name, (source, _) in kept.items():
            partly = out / "cells" / f".{name}"
            shutil.rmtree(partly, ignore_errors=True)
            shutil.copytree(source, partly, ignore=shutil.ignore_patterns(cells.MODEL, cells.TUNED))
            shutil.rmtree(out / "cells" / name, ignore_errors=True)
            partly.rename(out / "cells" / name)
        for stale in (out / "cells").iterdir():  # of an earlier merge: the next one must not take it for a result
            if stale.name not in kept:
                shutil.rmtree(stale)
        return conclude(out, whole, {name: result for name, (_, result) in kept.items()}, lost, compare)


def cells_named(config: dict[str, Any] | None) -> set[str] | None:
    """The cells of the grid of a folder's last run; None if it was merged, or if its config cannot be read here."""
    try:
        return {cell.id for cell in grid.grid(BenchmarkConfig.model_validate(config))}
    except ValidationError:
        return None


def record(file: Path) -> Result:
    """A cell's record. Raises UserError for another protocol version."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(value, dict) and value.get("protocol") != PROTOCOL:
            raise UserError(
                f"{file} has protocol version {value.get('protocol')}, and this is {PROTOCOL}; run the benchmark "
                "there again"
            )
        return Result.model_validate(value)
    except (ValueError, ValidationError) as error:
        raise UserError(f"{file} is not a record of a run ({str(error).splitlines()[0]})") from None


def comparable(result: Result) -> dict[str, Any]:
    """The fields that two results of the same cell must share."""
    return result.model_dump(include={"scores", "gold_sha256", "faults"}) | {"of": result.identity()}
