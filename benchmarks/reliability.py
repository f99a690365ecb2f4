"""Reliability of confidences: the opinions of exports on test sentences, by confidence, against the gold.

    python -m benchmarks.reliability runs/exported --data rest14

An opinion is right if strict scoring finds it in the gold of its sentence. Missed opinions are ignored. Figures are
those of `aspectra.score.reliability`, for the student's own confidences and after the export's calibration; the table
has the calibrated ones in ten bins of equal width. A sample of opinions has a calibration error even if every
confidence is exactly the probability of being right: its mean over `DRAWS` simulated samples is the last line.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
from pathlib import Path
from typing import Any

from aspectra.data import datasets
from aspectra.info import read_info
from aspectra.readers.calibration import Calibration
from aspectra.readers.opening import open_reader
from aspectra.readers.trust import judged
from aspectra.score.reliability import BINS, reliability
from aspectra.score.shares import wilson

Pairs = list[tuple[float, bool]]
DRAWS = 200


def bins(pairs: Pairs) -> list[dict[str, Any]]:
    """For each tenth of confidence: the opinions, their mean confidence, the share right and its 95 % interval."""
    rows = []
    for n in range(BINS):
        inside = [(c, good) for c, good in pairs if min(int(c * BINS), BINS - 1) == n]
        if inside:
            right = sum(good for _, good in inside)
            mean = sum(c for c, _ in inside) / len(inside)
            row = {"from": n / BINS, "opinions": len(inside), "confidence": mean, "right": right / len(inside)}
            rows.append(row | dict(zip(("low", "high"), wilson(right, len(inside)), strict=True)))
    return rows


def by_chance(confidences: list[float]) -> float:
    """Mean calibration error of samples in which an opinion is right with the probability that its confidence names."""
    draw = random.Random(42)
    samples = ([draw.random() < c for c in confidences] for _ in range(DRAWS))
    return statistics.fmean(reliability(confidences, right)["ece"] for right in samples)


def of_export(model: Path, data: str, cap: int | None, threads: int | None) -> dict[str, Any]:
    """The figures of one export on one set."""
    reader = open_reader(model, threads=threads)
    examples = datasets.draw(datasets.split(datasets.find(reader.task.name, data), "test"), cap)
    answers = reader.read([example.text for example in examples])
    raw = [(confidence, good) for _, confidence, good in judged(examples, answers, reader.task.name)]
    settle = Calibration.of(read_info(model))
    if settle is None:
        sys.exit(f"{model} was not calibrated; export it with --data")
    moved = [(settle(confidence), good) for confidence, good in raw]
    both = {
        name: reliability([c for c, _ in pairs], [good for _, good in pairs])
        for name, pairs in (("raw", raw), ("calibrated", moved))
    }
    chance = by_chance([c for c, _ in moved])
    told = {"model": str(model), "data": data, "sentences": len(examples)}
    return told | both | {"by_chance": chance, "bins": bins(moved)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=Path, nargs="+", help="exports")
    parser.add_argument("--data", default="rest14", help="set or folder [%(default)s]")
    parser.add_argument("--cap", type=int, help="test sentences, drawn by seed 42 [all]")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    found = [of_export(model, asked.data, asked.cap, asked.threads) for model in asked.models]
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for figures in found:
        print(f"\n{figures['model']} on {figures['sentences']} test sentences of {figures['data']}\n")
        print("| confidence | opinions | mean confidence | right | 95 % interval |\n| --- | ---: | ---: | ---: | --- |")
        for row in figures["bins"]:
            span = f"{row['from']:.1f} to {row['from'] + 1 / BINS:.1f}"
            interval = f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %"
            print(f"| {span} | {row['opinions']} | {row['confidence']:.3f} | {100 * row['right']:.1f} % | {interval} |")
        for name in ("raw", "calibrated"):
            one = figures[name]
            print(f"{name}: {one['opinions']} opinions, calibration error {one['ece']:.3f}, AUROC {one['auroc']:.3f}")
        print(f"by chance: calibration error {figures['by_chance']:.3f}")


if __name__ == "__main__":
    main()
