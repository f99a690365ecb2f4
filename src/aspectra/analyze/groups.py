"""Groups of reviews, and their opinions by polarity. Called by `topics`, `columns`, `periods` and `counts`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from aspectra.analyze.opinions import Opinion
from aspectra.schema import POLARITIES
from aspectra.score.shares import wilson

INDEX: dict[str, int] = {polarity: n for n, polarity in enumerate(POLARITIES)}
NEGATIVE = INDEX["negative"]


def zeros() -> list[int]:
    return [0] * len(POLARITIES)


@dataclass(slots=True)
class Group:
    """How many reviews, and how many opinions of each polarity, in the order of `POLARITIES`."""

    reviews: int = 0
    counts: list[int] = field(default_factory=zeros)

    def add(self, counts: Sequence[int]) -> None:
        """Count one more review with so many opinions of each polarity."""
        self.reviews += 1
        for n, count in enumerate(counts):
            self.counts[n] += count

    def figures(self) -> dict[str, Any]:
        """`reviews`, `opinions`, and of each of the `polarities` its count, share and interval."""
        return {"reviews": self.reviews, "opinions": sum(self.counts), "polarities": shares(self.counts)}


def by_polarity(opinions: Iterable[Opinion]) -> list[int]:
    """The number of opinions of each polarity; unknown polarities are not counted."""
    counts = zeros()
    for opinion in opinions:
        if (n := INDEX.get(opinion.polarity)) is not None:
            counts[n] += 1
    return counts


def shares(counts: Sequence[int]) -> dict[str, dict[str, float]]:
    """For each polarity its count, its share, and the share's 95 % interval (Wilson's)."""
    total = sum(counts)
    found: dict[str, dict[str, float]] = {}
    for polarity, count in zip(POLARITIES, counts, strict=True):
        low, high = wilson(count, total)
        share = count / total if total else 0.0
        found[polarity] = {"count": count, "share": share, "low": low, "high": high}
    return found
