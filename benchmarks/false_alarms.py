"""False alarms and power of the significance test: how often it calls equal systems different, or finds a lead.

`python benchmarks/false_alarms.py` simulates tables of four systems (six comparisons) with five runs each on 300
sentences, as counts per sentence, for several sizes of the variation between runs. Four methods judge them:
- sentences: the interval and the permutation test over sentences, Holm's p (`differs`)
- nested: runs are drawn, then new sentences for each of them; intervals and p from the draws, Holm's p
- crossed: runs are drawn, and sentences once for all of them (Owen 2007); otherwise the same
- verdict: `aspectra.score.two_level`, which the reports print

For each, in percent: single comparisons called a difference at 5 % without correction, and tables with a false one
after Holm's correction. In the last two columns the first of two systems is ahead by 4 points of F1: how often that is
found. The baseline of all is `sentences`, on the same tables. Takes three minutes on two cores.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.score.simulated import Grid, drawn  # noqa: E402

from aspectra.score import significance, two_level  # noqa: E402

RUN = (0.0, 0.1, 0.2, 0.4)  # standard deviation between runs, in log odds
DRAWS = 500
WAYS = ("sentences", "nested", "crossed", "verdict")


def judged(one: Any, other: Any, random: Any) -> dict[str, tuple[bool, float]]:
    """For each method: whether the interval excludes 0, and p."""
    interval = significance.difference(one, other, draws=DRAWS)
    both = two_level.difference(one, other, draws=DRAWS)
    mine, others = significance.redrawn([one, other], DRAWS, 0, "strict")
    gaps, runs = mine - others, len(one)
    picked = random.integers(0, runs, size=(DRAWS, runs))
    found = {"sentences": (interval.low > 0 or interval.high < 0, significance.permutation(one, other, draws=999))}
    # A permutation of a run's draws is as good as new draws.
    for way, table in (("nested", random.permuted(gaps, axis=0)), ("crossed", gaps)):
        means = np.take_along_axis(table, picked, axis=1).mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        found[way] = (
            low > 0 or high < 0,
            min(1.0, 2 * (1 + min((means <= 0).sum(), (means >= 0).sum())) / (1 + DRAWS)),
        )
    found["verdict"] = (both.low > 0 or both.high < 0, both.p)
    return found


def measure(run: float, tables: int, runs: int, sentences: int) -> list[Any]:
    """A row of the table: the variation between runs, then by method the shares of false singles and false tables."""
    random = np.random.default_rng(1)
    grid = Grid(4, runs, sentences, run)
    clear: dict[str, list[bool]] = {way: [] for way in WAYS}
    wrong: dict[str, list[bool]] = {way: [] for way in WAYS}
    spread = []
    for _ in range(tables):
        systems = drawn(grid, random)
        spread += [significance.f1(counts.sum(axis=1), "strict").std(ddof=1) for counts in systems]
        pairs = [judged(*pair, random) for pair in combinations(systems, 2)]
        for way in WAYS:
            adjusted = significance.holm([pair[way][1] for pair in pairs])
            clear[way] += [pair[way][0] for pair in pairs]
            wrong[way].append(any(pair[way][0] and p <= 0.05 for pair, p in zip(pairs, adjusted, strict=True)))
    found = {"sentences": 0, "verdict": 0}
    for _ in range(tables):
        pair = judged(*drawn(Grid(2, runs, sentences, run, ahead=0.25), random), random)
        for way in found:
            found[way] += pair[way][0] and pair[way][1] <= 0.05
    line = [f"{100 * np.mean(spread):.1f}"]
    line += [f"{100 * np.mean(clear[way]):.1f}, {100 * np.mean(wrong[way]):.1f}" for way in WAYS]
    return line + [f"{100 * found[way] / tables:.0f}" for way in found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--tables", type=int, default=250, help="simulated for each line [%(default)s]")
    parser.add_argument("--runs", type=int, default=5, help="of each system [%(default)s]")
    parser.add_argument("--sentences", type=int, default=300, help="[%(default)s]")
    asked = parser.parse_args()
    print(f"| sd of a system's F1 over runs | {' | '.join(WAYS)} | found: sentences | found: verdict |")
    print("| ---: " * (len(WAYS) + 3) + "|")
    with ProcessPoolExecutor() as pool:
        many = len(RUN)
        columns = ([count] * many for count in (asked.tables, asked.runs, asked.sentences))
        for line in pool.map(measure, RUN, *columns):
            print(f"| {' | '.join(line)} |", flush=True)


if __name__ == "__main__":
    main()
