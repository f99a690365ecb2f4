"""What a cell of the benchmark costs besides training and decoding: the protocol's target is under 3 seconds.

Cells of `smollm2-135m` with 16 training, 20 dev and 25 test sentences in one worker. A cell's time is that of its
manifest, less the seconds of training, of judging dev and of decoding that its own records have.

    python benchmarks/cell.py --student smollm2-135m
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median

from aspectra.benchmark.protocol import benchmark
from aspectra.config import BenchmarkConfig, build


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--student", default="smollm2-135m")
    parser.add_argument("--cells", type=int, default=3, help="after the first, which starts the worker")
    given = parser.parse_args()
    config = build(
        BenchmarkConfig,
        {
            "systems": {"base": {"kind": "student", "student": given.student}},
            "sets": {"atsa": ["hotels"]},
            "seeds": list(range(1, given.cells + 2)),
            "shots": [16],
            "test_cap": 25,
            "finetune": {"epochs": 1, "dev_cap": 20, "save_seconds": 600, "threads": 1},
        },
    )
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        benchmark(config, out)
        costs = []
        for cell in sorted(out.glob("cells/*")):
            whole = json.loads((cell / "manifest.json").read_text())["seconds"]
            tuned = json.loads((cell / "model" / "manifest.json").read_text())["figures"]
            decoding = json.loads((cell / "result.json").read_text())["cost"]["seconds"]
            fixed = whole - tuned["training_seconds"] - tuned["dev_seconds"] - decoding
            costs.append(fixed)
            print(f"{cell.name}: {whole:.1f} s in all, {fixed:.1f} s besides training and decoding")
        print(f"median after the first: {median(costs[1:]):.1f} s")


if __name__ == "__main__":
    main()
