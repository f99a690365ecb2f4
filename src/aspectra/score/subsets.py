"""The subsets of a test set: all, sentences with an implicit opinion, sentences with more than one polarity.

Called by the rest of `aspectra.score`, by `data stats` and `benchmark`. The authors (`load_dataset` in their
evaluation/atsa.py) use every aspect. Strict scoring of ATSA ignores aspects without a target, which no answer could
name. TASD and ACSA can name every aspect, and count like the authors.
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
    return select([example], task, subset, scoring)[0]


def unmarked(examples: Sequence[Example], subset: str) -> str | None:
    """A warning for the implicit subset of a file without any opinion words, as in train and dev files; else None."""
    if subset != "implicit" or any(o.words for example in examples for o in example.opinions):
        return None
    return "no opinion words are marked in these sentences, so each with an opinion counts as implicit"


def select(examples: Sequence[Example], task: str, subset: str, scoring: str) -> list[bool]:
    """For each sentence whether it is in the subset; see `belongs`."""
    if subset not in SUBSETS:
        raise unknown("subset", subset, SUBSETS)
    if scoring not in tasks.SCORINGS:
        raise unknown("scoring", scoring, tasks.SCORINGS)
    rules = tasks.get(task)
    if subset == "all":
        return [True] * len(examples)
    # If a task names opinions only by target, no answer could name one without a target.
    blind = scoring == "strict" and rules.by == ("target",)
    found = []
    for example in examples:
        aspects = [o for o in example.opinions if not blind or rules.subject(o)]
        if subset == "implicit":
            found.append(any(not o.words for o in aspects))
        else:
            found.append(len({o.polarity for o in aspects}) > 1)
    return found
