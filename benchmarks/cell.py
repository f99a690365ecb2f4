"""Cost of a benchmark cell besides training and decoding.

`python benchmarks/cell.py` does three cells of `smollm2-135m` on four training, dev and test sentences, as a worker
does: the student is in memory, and a cell of a tiny student ran first, so that torch is imported. A cell's fixed cost
is its time minus the seconds of its epochs (training, scoring dev, keeping the best weights) and of decoding, which its
own records have: copying, saving and hashing the weights, reading them again, scoring, writing. Baseline: reading the
student's weights from disk in the same run, so that the ratio is the same on every machine. Times are CPU seconds on
one thread, which equal wall-clock seconds on an idle machine except for waiting on the disk. Takes about half a minute
and 3 GB of memory. Exits 1 if the fixed cost is 3 seconds or more.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from aspectra.benchmark import cells, grid
from aspectra.models import resolve
from aspectra.settings import build
from aspectra.systems import BenchmarkConfig
from aspectra.tables import read_jsonl

SECONDS = 3.0
WARM = "tiny-causal"


def settings(student: str, count: int) -> BenchmarkConfig:
    """A grid of one student and one seed per cell."""
    return build(
        BenchmarkConfig,
        {
            "systems": {"student": {"kind": "student", "student": student}},
            "sets": {"atsa": ["hotels"]},
            "seeds": list(range(count)),
            "shots": [4],
            "test_cap": 4,
            "finetune": {"epochs": 1, "dev_cap": 4, "max_new_tokens": 4, "save_seconds": 600, "threads": 1},
        },
    )


def fixed(config: BenchmarkConfig, cell: grid.Cell, held: cells.Held, out: Path) -> tuple[float, float]:
    """CPU seconds of a cell, and those that are neither training nor decoding."""
    start = time.process_time()
    result = cells.work(config, cell, out, held, 1)
    whole = time.process_time() - start
    model = out / "cells" / cell.id / cells.MODEL
    # The records' own sums are rounded to a tenth of a second.
    epochs = sum(line["seconds"] + line["dev_seconds"] for line in read_jsonl(model / "metrics.jsonl"))
    shutil.rmtree(model)
    assert result.cost.seconds is not None
    return whole, whole - epochs - result.cost.seconds


def measure(student: str, count: int) -> dict[str, Any]:
    """Medians in CPU seconds: a whole cell, its fixed cost, and reading the weights, with their ratio."""
    from aspectra.students.families import load

    config, warm, held = settings(student, count), settings(WARM, 1), cells.Held()
    wholes, costs, reading = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        fixed(warm, grid.grid(warm)[0], held, Path(folder) / "warm")
        held.get(student)
        for cell in grid.grid(config):
            whole, cost = fixed(config, cell, held, Path(folder))
            wholes.append(whole)
            costs.append(cost)
            start = time.process_time()
            load(resolve(student))
            reading.append(time.process_time() - start)
    found = {"cell": median(wholes), "fixed": median(costs), "reading": median(reading), "load": os.getloadavg()[0]}
    return found | {"ratio": found["fixed"] / found["reading"], "cells": count}


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    time.monotonic = time.process_time  # the clock for a cell's own records of training and decoding
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--student", default="smollm2-135m", help="name or folder [%(default)s]")
    parser.add_argument("--cells", type=int, default=3, help="of which the median is taken [%(default)s]")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    found = measure(asked.student, asked.cells)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"a cell of {asked.student}: {found['cell']:.2f} CPU s, {found['fixed']:.2f} s of them besides training "
            f"and decoding; reading the weights {found['reading']:.2f} s; ratio {found['ratio']:.2f} "
            f"(median of {found['cells']}; load of the machine {found['load']:.1f})"
        )
    if found["fixed"] >= SECONDS:
        print(f"over the limit of {SECONDS:g} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
