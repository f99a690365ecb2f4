"""What a cell of the benchmark costs besides training and decoding.

`python benchmarks/cell.py` does cells of `smollm2-135m` on four training, dev and test sentences, as a worker does: the
student is in memory, and the first cell, which also imports torch, does not count. A cell's fixed cost is its time less
the seconds of training, of judging dev and of decoding that its own records have: copying, saving and hashing the
weights, reading them again, scoring, writing. Baseline: reading the student's weights from disk in the same run, so
that the ratio says the same on every machine. Seconds are of the processor, on one thread, as on an idle machine those
of the clock are but for waiting on the disk. Exits 1 where a cell costs 3.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from aspectra.benchmark import cells, grid
from aspectra.config import BenchmarkConfig
from aspectra.models import resolve
from aspectra.settings import build

SECONDS = 3.0


def settings(student: str, count: int) -> BenchmarkConfig:
    """A grid of one student and as many seeds as there are cells."""
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


def measure(student: str, count: int) -> dict[str, Any]:
    """Seconds of the processor, medians: a whole cell, its fixed cost, and reading the weights, with their ratio."""
    from aspectra.student.family import load

    config, held = settings(student, count + 1), cells.Held()
    whole, fixed, reading = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, cell in enumerate(grid.grid(config)):
            start = time.process_time()
            result = cells.work(config, cell, Path(folder), held, 1)
            seconds = time.process_time() - start
            model = Path(folder) / "cells" / cell.id / cells.MODEL
            tuned = json.loads((model / "manifest.json").read_text(encoding="utf-8"))["figures"]
            work = tuned["training_seconds"] + tuned["dev_seconds"] + (result.cost.seconds or 0.0)
            start = time.process_time()
            load(resolve(student))
            if number:
                whole.append(seconds)
                fixed.append(seconds - work)
                reading.append(time.process_time() - start)
    found = {"cell": median(whole), "fixed": median(fixed), "reading": median(reading), "load": os.getloadavg()[0]}
    return found | {"ratio": found["fixed"] / found["reading"], "cells": count}


def main() -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch is imported
    time.monotonic = time.process_time  # by which a cell's own records of training and decoding are taken
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--student", default="smollm2-135m", help="name or folder [%(default)s]")
    parser.add_argument("--cells", type=int, default=1, help="after the first [%(default)s]")
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
