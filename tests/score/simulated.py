"""Grids of systems that are alike in truth, as counts of sentences: what a verdict may at most call a difference.

Called by `test_two_level` and `benchmarks/false_alarms.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aspectra.score import two_level
from aspectra.score.significance import holm
from aspectra.score.two_level import TwoLevel


@dataclass(frozen=True)
class Grid:
    """What differs from one grid to the next; skills are on the scale of log odds.

    A sentence is hard for all systems alike, and besides for one of them (`liking`, a standard deviation); a run is a
    better or worse one of its system (`run`). `ahead` is how much better the first system is in truth. Where it is
    `single`, the last system has one run, which meets each run of the others.
    """

    systems: int = 2
    runs: int = 5
    sentences: int = 300
    run: float = 0.0
    liking: float = 0.7
    ahead: float = 0.0
    single: bool = False


def drawn(grid: Grid, random: Any) -> list[Any]:
    """For each system an array of counts, runs x sentences x (correct, predicted, found, gold)."""
    import numpy as np

    gold = random.integers(1, 4, size=grid.sentences)
    hard = random.normal(0, 1, size=grid.sentences)
    found = []
    for number in range(grid.systems):
        skill = 0.4 + (grid.ahead if number == 0 else 0.0)
        liking = random.normal(0, grid.liking, size=grid.sentences)
        alone = grid.single and number == grid.systems - 1
        runs = random.normal(0, 0.0 if alone else grid.run, size=(grid.runs, 1))
        right = 1 / (1 + np.exp(-(skill + hard + liking + runs)))
        correct = random.binomial(gold, right)
        made_up = random.binomial(1, 0.6 - 0.5 * right)
        found.append(np.stack([correct, correct + made_up, correct, np.broadcast_to(gold, correct.shape)], axis=-1))
    if grid.single:
        found[-1] = np.repeat(found[-1][:1], grid.runs, axis=0)
    return found


def shown(pairs: Sequence[TwoLevel]) -> int:
    """How many comparisons of a table are shown."""
    adjusted = holm([each.p for each in pairs])
    verdicts = [two_level.verdict(each.runs, each.low, each.high, p) for each, p in zip(pairs, adjusted, strict=True)]
    return verdicts.count("shown")
