"""From cells to a table: means over seeds with intervals, and which differences between systems are shown.

Called by `protocol`. Counts per sentence come from the cells' `predictions.jsonl`, so folders of several machines can
be merged without the sets.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import mean
from typing import Any

from aspectra.errors import UserError
from aspectra.progress import progress
from aspectra.score import significance, two_level
from aspectra.score.results import ITEMS, Result
from aspectra.score.subsets import SUBSETS
from aspectra.tables import read_jsonl
from aspectra.tasks import SCORINGS

Place = tuple[str, str]  # task and set
DRAWS = 10_000  # at least; Holm's correction multiplies the smallest p by the number of comparisons


@dataclass
class Group:
    """The cells of one system on one set with one number of shots, by seed."""

    system: str
    place: Place
    shots: int | None
    cells: list[Result]
    items: list[list[dict[str, Any]]]

    def runs(self, scoring: str, subset: str) -> list[significance.Counts]:
        """For each cell and each sentence of the subset: (correct, predicted, found, gold)."""
        return [
            [tuple(item["counts"][scoring]) for item in items if subset == "all" or item["subsets"][scoring][subset]]
            for items in self.items
        ]

    def sentences(self, scoring: str, subset: str) -> int:
        return next(s.sentences for s in self.cells[0].scores if (s.scoring, s.subset) == (scoring, subset))

    @property
    def learned(self) -> bool:
        return self.cells[0].learned

    def f1(self, scoring: str, subset: str) -> list[float]:
        return [s.f1 for cell in self.cells for s in cell.scores if (s.scoring, s.subset) == (scoring, subset)]


def summarize(
    results: dict[str, Result], out: Path, compare: Sequence[tuple[str, str]] | None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(the rows of the table, the comparisons) from records by the names of their folders in `out/cells`.

    The pairs of `compare` (all pairs if None) are compared on the sets that both have, with the same shots, over the
    seeds that both have. A system with only one run (an LLM, a file) is compared with each seed's run of the other. A
    subset without sentences has no row.
    """
    groups = grouped(results, out)
    pairs = list(paired(groups, compare))
    ways = [(scoring, subset) for scoring in SCORINGS for subset in SUBSETS]
    table, comparisons = list[dict[str, Any]](), list[dict[str, Any]]()
    with progress("intervals", len(ways) * (len(groups) + len(pairs))) as bar:
        for scoring, subset in ways:
            family = []
            for group in groups:
                if group.sentences(scoring, subset):
                    table.append(row(group, scoring, subset))
                bar.advance()
            for one, other in pairs:
                if one.sentences(scoring, subset):
                    family.append(compared(one, other, scoring, subset, max(DRAWS, 400 * len(pairs))))
                bar.advance()
            comparisons += judged(family)
    return table, comparisons


def judged(family: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The comparisons of one scoring and subset with Holm's p over them, and a verdict for each.

    `differs` is about other sentences only, `verdict` also about other runs. Holm's p of `over_runs` is over the
    comparisons of five or more runs: those with fewer are not tested.
    """
    by_sentences = significance.holm([found["p"] for found in family])
    tested = {n: found["over_runs"]["p"] for n, found in enumerate(family) if found["over_runs"]["p"] is not None}
    by_both = dict(zip(tested, significance.holm(list(tested.values())), strict=True))
    lines = []
    for n, (found, p) in enumerate(zip(family, by_sentences, strict=True)):
        interval = significance.Interval(found["difference"], found["low"], found["high"])
        both = found["over_runs"] | {"p_holm": by_both.get(n)}
        verdict = two_level.verdict(both["runs"], both["low"], both["high"], both["p_holm"])
        more = {"p_holm": p, "differs": significance.differs(interval, p), "over_runs": both, "verdict": verdict}
        lines.append(found | more)
    return lines


def grouped(results: dict[str, Result], out: Path) -> list[Group]:
    """The cells grouped by row of the table, in order of appearance."""
    found: dict[tuple[str, Place, int | None], Group] = {}
    for name, result in results.items():
        place = (result.task, result.data)
        group = found.setdefault(
            (result.system, place, result.shots), Group(result.system, place, result.shots, [], [])
        )
        if group.cells and (other := unlike(group.cells[0], result)):
            raise UserError(
                f"runs of {result.system} on {result.task}/{result.data} differ in more than their seed ({other}): "
                "give one system another name, or use another --out"
            )
        group.cells.append(result)
        group.items.append(list(read_jsonl(out / "cells" / name / ITEMS)))
    return list(found.values())


def unlike(one: Result, other: Result) -> str | None:
    """The first setting in which two cells of one row differ but must not."""
    if one.kind == "file":  # a separate file for each seed
        return None
    mine, theirs = one.identity(), other.identity()
    return next((name for name in sorted(mine | theirs) if mine.get(name) != theirs.get(name)), None)


def row(group: Group, scoring: str, subset: str) -> dict[str, Any]:
    """One row of the table."""
    values, first = group.f1(scoring, subset), group.cells[0]
    scores = [s for cell in group.cells for s in cell.scores if (s.scoring, s.subset) == (scoring, subset)]
    interval = significance.f1_interval(group.runs(scoring, subset), scoring=scoring)
    spread = significance.spread(values)
    costs = [cell.cost for cell in group.cells]

    def per_1000(amounts: Sequence[float | None]) -> float | None:
        known = [amount for amount in amounts if amount is not None]
        return 1000 * mean(known) / first.sentences if known else None

    tokens = [None if c.tokens_in is None else c.tokens_in + (c.tokens_out or 0) for c in costs]
    return {
        "system": group.system,
        "kind": first.kind,
        "task": first.task,
        "data": first.data,
        "shots": group.shots,
        "stated": first.stated,
        "scoring": scoring,
        "subset": subset,
        "sentences": group.sentences(scoring, subset),
        "seeds": [cell.seed for cell in group.cells if cell.seed is not None],
        "f1": {**spread, "low": interval.low, "high": interval.high},
        "precision": mean(s.precision for s in scores),
        "recall": mean(s.recall for s in scores),
        "parameters": first.cost.parameters,
        "seconds_per_1000": per_1000([c.seconds for c in costs]),
        "usd_per_1000": per_1000([c.usd for c in costs]),
        "tokens_per_1000": per_1000(tokens),
    }


def paired(groups: Sequence[Group], compare: Sequence[tuple[str, str]] | None) -> Iterator[tuple[Group, Group]]:
    """The pairs of groups to compare; without `compare`, the one with the higher F1 (strict, all) comes first."""
    places: dict[Place, list[Group]] = defaultdict(list)
    for group in groups:
        places[group.place].append(group)
    for there in places.values():
        for one, other in combinations(there, 2):
            learned = one.learned and other.learned
            same_gold = one.cells[0].gold_sha256 == other.cells[0].gold_sha256
            if one.system == other.system or not same_gold or (learned and one.shots != other.shots):
                continue
            if not common(one, other):
                continue
            if compare is None:
                ahead = mean(one.f1("strict", "all")) >= mean(other.f1("strict", "all"))
                yield (one, other) if ahead else (other, one)
            elif (one.system, other.system) in compare:
                yield one, other
            elif (other.system, one.system) in compare:
                yield other, one


def common(one: Group, other: Group) -> list[tuple[int, int]]:
    """Pairs of runs, by index in each group: with the same seed, or with the only run of a system without seeds."""
    seeds, others = [cell.seed for cell in one.cells], [cell.seed for cell in other.cells]
    if others == [None]:
        return [(i, 0) for i in range(len(seeds))]
    if seeds == [None]:
        return [(0, i) for i in range(len(others))]
    return [(i, others.index(seed)) for i, seed in enumerate(seeds) if seed in others]


def compared(one: Group, other: Group, scoring: str, subset: str, draws: int) -> dict[str, Any]:
    """The difference of two systems on the same sentences, averaged over seeds.

    `low`, `high` and `p` are over sentences only, those of `over_runs` over runs and sentences. `by_seed` is the
    difference of each pair of runs; `agree` is how many of them have the sign of the mean difference.
    """
    meetings = common(one, other)
    mine, theirs = one.runs(scoring, subset), other.runs(scoring, subset)
    runs = [mine[i] for i, _ in meetings], [theirs[j] for _, j in meetings]
    gap = significance.difference(*runs, scoring=scoring)
    ours, others = one.f1(scoring, subset), other.f1(scoring, subset)
    gaps = [ours[i] - others[j] for i, j in meetings]
    students = (group for group in (one, other) if group.cells[0].kind == "student")
    learned = next(students, one if one.learned else other)
    seeds = {group.cells[k].seed for meeting in meetings for group, k in zip((one, other), meeting, strict=True)}
    return {
        "one": one.system,
        "other": other.system,
        "task": one.place[0],
        "data": one.place[1],
        "shots": learned.shots,
        "scoring": scoring,
        "subset": subset,
        "sentences": len(runs[0][0]),
        "seeds": [cell.seed for cell in learned.cells if cell.seed is not None and cell.seed in seeds],
        "difference": gap.value,
        "by_seed": gaps,
        "agree": sum(each * gap.value > 0 for each in gaps),
        "low": gap.low,
        "high": gap.high,
        "p": significance.permutation(*runs, draws=draws, scoring=scoring),
        "over_runs": over_runs(*runs, scoring),
    }


def over_runs(
    one: Sequence[significance.Counts], other: Sequence[significance.Counts], scoring: str
) -> dict[str, float | None]:
    """The number of paired runs, and the interval and p over runs and sentences: None if there are too few."""
    if len(one) < 2:
        return {"runs": len(one), "low": None, "high": None, "p": None}
    both = two_level.difference(one, other, scoring=scoring)
    return {
        "runs": both.runs,
        "low": both.low,
        "high": both.high,
        "p": both.p if both.runs >= two_level.LEAST else None,
    }
