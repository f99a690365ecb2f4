"""Are confidences to be trusted? A student's opinions on a test set, by confidence, against the gold.

    python benchmarks/reliability.py runs/exported --data rest14

An opinion is right where the gold of its sentence has the same subject (the target, for atsa) and polarity, as strict
scoring has it. Bins of confidence are of equal width. The expected calibration error is the mean distance between
confidence and the share right, bins weighted by their opinions; AUROC the chance that an opinion that is right has a
higher confidence than one that is wrong. Opinions that were not written are not looked at.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from aspectra import tasks
from aspectra.data import datasets
from aspectra.readers.extraction import Found
from aspectra.readers.opening import open_reader
from aspectra.schema import Example, Opinion
from aspectra.score.shares import wilson


def judged(examples: list[Example], found: list[tuple[Found, ...]], task: tasks.Task) -> list[tuple[float, bool]]:
    """(confidence, whether it is right) of every opinion, those that are said twice once."""
    pairs = []
    for example, opinions in zip(examples, found, strict=True):
        gold = {key(opinion, task) for opinion in example.opinions}
        said = {key(opinion, task): opinion.confidence for opinion in reversed(opinions)}
        pairs += [(confidence, name in gold) for name, confidence in said.items()]
    return pairs


def key(opinion: Found | Opinion, task: tasks.Task) -> tuple[str | None, str]:
    """What scoring compares."""
    return task.subject(Opinion(opinion.target, opinion.category, opinion.polarity)), opinion.polarity


def auroc(pairs: list[tuple[float, bool]]) -> float:
    """The chance that a right one ranks above a wrong one, ties counted half."""
    from scipy.stats import rankdata

    ranks = rankdata([confidence for confidence, _ in pairs])
    right = sum(good for _, good in pairs)
    wrong = len(pairs) - right
    if not (right and wrong):
        return float("nan")
    total = sum(rank for rank, (_, good) in zip(ranks, pairs, strict=True) if good)
    return float((total - right * (right + 1) / 2) / (right * wrong))


def figures_of(pairs: list[tuple[float, bool]], count: int) -> dict[str, Any]:
    """Bins, calibration error and AUROC."""
    bins = []
    for n in range(count):
        inside = [(c, good) for c, good in pairs if min(int(c * count), count - 1) == n]
        if inside:
            right = sum(good for _, good in inside)
            low, high = wilson(right, len(inside))
            bins.append(
                {
                    "from": n / count,
                    "to": (n + 1) / count,
                    "opinions": len(inside),
                    "confidence": sum(c for c, _ in inside) / len(inside),
                    "right": right / len(inside),
                    "low": low,
                    "high": high,
                }
            )
    error = sum(row["opinions"] * abs(row["confidence"] - row["right"]) for row in bins) / max(1, len(pairs))
    return {"opinions": len(pairs), "bins": bins, "calibration_error": error, "auroc": auroc(pairs)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="an export, or a student's folder")
    parser.add_argument("--data", default="rest14", help="set or folder [%(default)s]")
    parser.add_argument("--cap", type=int, help="test sentences, drawn by seed 42 [all]")
    parser.add_argument("--bins", type=int, default=10)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    asked = parser.parse_args()
    reader = open_reader(asked.model, threads=asked.threads)
    task = reader.task
    examples = datasets.draw(datasets.split(datasets.find(task.name, asked.data), "test"), asked.cap)
    answers = reader.read([example.text for example in examples])
    figures = figures_of(judged(examples, [answer.found for answer in answers], task), asked.bins)
    figures |= {"model": str(asked.model), "sentences": len(examples)}
    if asked.json:
        print(json.dumps(figures, indent=2))
        return 0
    print("| confidence | opinions | mean confidence | right | 95 % interval |\n| --- | ---: | ---: | ---: | --- |")
    for row in figures["bins"]:
        span = f"{row['from']:.1f} to {row['to']:.1f}"
        interval = f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %"
        print(f"| {span} | {row['opinions']} | {row['confidence']:.3f} | {100 * row['right']:.1f} % | {interval} |")
    print(
        f"{figures['opinions']} opinions in {len(examples)} sentences; calibration error "
        f"{figures['calibration_error']:.3f}, AUROC {figures['auroc']:.3f}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
