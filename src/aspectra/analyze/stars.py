"""The association of complaints about a topic with a review's stars. Called by `aspectra.analyze.counts` and `table`.

Ordinary least squares of the stars on an indicator for each topic (the review has a negative opinion of it). All topics
are in one regression, so a bad stay with a bad breakfast is not counted twice. Standard errors are HC3 (MacKinnon and
White 1985; advised for few reviews by Long and Ervin 2000), because stars are bounded and their variance differs. This
is an association, not a cause: a guest who complains about the bed may have had a bad day.
"""

from __future__ import annotations

import random
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aspectra.analyze.absent import absent
from aspectra.analyze.unreadable import ASKED
from aspectra.errors import UserError
from aspectra.progress import say
from aspectra.reviews import RATING, find
from aspectra.score.shares import Z

MOST = 10.0  # stars; a column with larger numbers holds something else
ENOUGH = 0.95  # share of the non-empty cells that must be stars
LEAST = 10  # complaints that a topic needs for an estimate
SPARE = 30  # residual degrees of freedom that the regression needs
BITS = 62  # topics with their own indicator; the rarer ones share one
HELD = 1_000_000  # reviews in the regression; of more, a random sample by seed
SEED = 42
BLOCK = 4_096
FULL = "★⭐🌟"
PAINTED = re.compile(rf"(?=.*[{FULL}☆])[{FULL}☆\ufe0f\s]{{1,20}}")
WRITTEN = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?)(?:\s*(?:/|of|out of)\s*(?:5|10)(?:[.,]0+)?)?(?:\s*stars?)?", re.IGNORECASE
)


def stars_of(value: Any) -> float | None:
    """A cell as stars, 0 to 10; None for other cells.

    >>> stars_of("4"), stars_of(4.5), stars_of("4,5"), stars_of("4 of 5 stars"), stars_of("★★★☆☆"), stars_of(2019)
    (4.0, 4.5, 4.5, 4.0, 3.0, None)
    """
    if isinstance(value, str):
        text = value.strip()
        if PAINTED.fullmatch(text):
            return float(sum(map(text.count, FULL)))
        said = WRITTEN.fullmatch(text)
        value = said["number"].replace(",", ".") if said else None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number <= MOST and not isinstance(value, bool) else None


def find_stars(sample: Sequence[Mapping[str, Any]], given: str | None, tell: bool = True) -> str | None:
    """The column of stars: the one `given`, or one with a suitable name (`rating`, `stars` ...) that holds stars. If
    such a column holds none, a message says so (`tell`).

    Raises UserError if less than half of the given column's cells are stars.
    """
    column = given or find(list(dict.fromkeys(name for values in sample for name in values)), RATING)
    if column is None:
        return None
    cells = [value for values in sample if not absent(value := values.get(column))]
    wrong = [cell for cell in cells if stars_of(cell) is None]
    right = len(cells) - len(wrong)
    if cells and right >= (ASKED if given else ENOUGH) * len(cells):
        return column
    shown = str(wrong[0])[:40] if wrong else "nothing"
    few = f"stars in only {right} of {len(cells)} cells" if right else "no stars"
    if given:
        raise UserError(f"column '{given}' has {few} ('{shown}'); write numbers from 0 to {MOST:g}")
    if cells and tell:
        say(f"column '{column}' has {few} ('{shown}'): the report has no stars; name another column with --stars")
    return None


class Stars:
    """The stars and complaints of the reviews: 12 bytes per review, for at most a million."""

    def __init__(self, column: str, topics: Sequence[str]) -> None:
        """`topics` are in the order of their number of reviews."""
        self.column = column
        self.bits = {topic: min(n, BITS) for n, topic in enumerate(topics)}
        self.stars, self.masks = array("f"), array("Q")
        self.seen = 0
        self.draw = random.Random(SEED)

    def add(self, values: Mapping[str, Any], complained: Iterable[str]) -> None:
        """Count a review by its row and the topics of its complaints."""
        if (stars := stars_of(values.get(self.column))) is None:
            return
        mask = 0
        for topic in complained:
            mask |= 1 << self.bits.get(topic, BITS)
        self.seen += 1
        if len(self.stars) < HELD:
            self.stars.append(stars)
            self.masks.append(mask)
        elif (place := self.draw.randrange(self.seen)) < HELD:
            self.stars[place], self.masks[place] = stars, mask

    def figures(self) -> dict[str, Any] | None:
        """`effects`: for each topic with an estimate, the `difference` in stars, its 95 % interval (`low`, `high`) and
        the number of `reviews` that complain of it. None if there are too few reviews, or all have the same stars."""
        import numpy as np

        stars, masks = np.frombuffer(self.stars, np.float32), np.frombuffer(self.masks, np.uint64)  # without a copy
        found = fitted(stars, masks) if len(stars) and stars.min() < stars.max() else {}
        if not found:
            return None
        told = {topic: found[bit] for topic, bit in self.bits.items() if bit < BITS and bit in found}
        return {
            "column": self.column,
            "reviews": self.seen,
            "mean": float(stars.mean(dtype=np.float64)),
            "effects": told,
        }


def fitted(stars: Any, masks: Any) -> dict[int, dict[str, float]]:
    """The effect of each bit of `masks` on `stars`, both (reviews,), by its index. A bit that is too rare, or collinear
    with others, has no effect of its own; its reviews stay in the baseline."""
    import numpy as np

    def design(start: int, bits: Sequence[int]) -> Any:
        some = masks[start : start + BLOCK, None] >> np.array(bits, np.uint64)
        return np.hstack([np.ones((len(some), 1)), (some & np.uint64(1)).astype(np.float64)])

    starts = range(0, len(stars), BLOCK)
    every = list(range(BITS + 1))
    gram = np.sum([(x := design(start, every)).T @ x for start in starts], axis=0)
    kept = [0]
    for column in sorted(range(1, len(gram)), key=lambda n: (-gram[n, n], n)):
        some = [*kept, column]
        if gram[column, column] >= LEAST and np.linalg.matrix_rank(gram[np.ix_(some, some)]) == len(some):
            kept = some
    free = len(stars) - len(kept)
    if free < SPARE or len(kept) == 1:
        return {}
    bits = [column - 1 for column in kept[1:]]
    inverse = np.linalg.inv(gram[np.ix_(kept, kept)])
    weights = inverse @ np.sum([design(start, bits).T @ stars[start : start + BLOCK] for start in starts], axis=0)
    middle = np.zeros_like(inverse)
    for start in starts:
        x = design(start, bits)
        alone = 1 - np.einsum("ij,jk,ik->i", x, inverse, x)  # one minus the leverage; 0 if a review fits itself
        errors = (stars[start : start + BLOCK] - x @ weights) / np.maximum(alone, 1e-6)
        middle += x.T @ (x * (errors**2)[:, None])
    wide = quantile(free) * np.sqrt(np.diag(inverse @ middle @ inverse))
    return {
        bit: {
            "difference": float(weights[n]),
            "low": float(weights[n] - wide[n]),
            "high": float(weights[n] + wide[n]),
            "reviews": int(gram[kept[n], kept[n]]),
        }
        for n, bit in enumerate(bits, 1)
    }


def quantile(free: int) -> float:
    """The 97.5 % quantile of Student's t with `free` degrees of freedom (Abramowitz and Stegun, 26.7.5).

    >>> round(quantile(30), 3), round(quantile(10**9), 3)
    (2.042, 1.96)
    """
    return Z + (Z**3 + Z) / (4 * free) + (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * free**2)
