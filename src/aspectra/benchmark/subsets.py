"""Which sentences of a test set count: all, those with an implicit opinion, those with more than one polarity.

Called by `aspectra.benchmark.scoring` and `data stats`. The authors (`load_dataset` in their evaluation/atsa.py)
look at every aspect; strict scoring of ATSA leaves out aspects without a target, which no answer could name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from aspectra import tasks
from aspectra.errors import unknown
from aspectra.schema import Example

Subset = Literal["all", "implicit", "multi"]
SUBSETS: tuple[Subset, ...] = ("all", "implicit", "multi")


def belongs(example: Example, task: str, subset: str, scoring: str) -> bool:
    """Whether a sentence is in a subset.

    implicit: some aspect has no opinion words. multi: the aspects have more than one polarity. Raises UserError for
    an unknown task, subset or scoring.
    """
    if subset not in SUBSETS:
        raise unknown("subset", subset, SUBSETS)
    if scoring not in tasks.SCORINGS:
        raise unknown("scoring", scoring, tasks.SCORINGS)
    speaks = tasks.get(task).subject
    aspects = [o for o in example.opinions if scoring == "paper" or task != "atsa" or speaks(o)]
    if subset == "implicit":
        return any(not o.words for o in aspects)
    return subset == "all" or len({o.polarity for o in aspects}) > 1


def select(examples: Sequence[Example], task: str, subset: str, scoring: str) -> list[bool]:
    """For each sentence whether it is in the subset; see `belongs`."""
    return [belongs(example, task, subset, scoring) for example in examples]
