"""Maps a student's confidence to the share of such opinions that is right. Pure except for numpy.

One map for all students, however they compute confidences: beta calibration (Kull, Silva Filho and Flach 2017,
"Beta calibration: a well-founded and easily implemented improvement on logistic calibration for binary classifiers"),
p -> 1 / (1 + exp(-(a ln p - b ln(1 - p) + c))), a logistic regression on ln p and -ln(1 - p). With a and b at least 0
it keeps the order of the opinions. a = b = 1, c = 0 is the identity. A normal prior of variance 1 on each parameter
pulls the fit towards the identity, so few labels change little. Fitted at export, stored in `aspectra.json`, applied
by `predictor`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from aspectra.info import EXPORT

KEY = "calibration"  # in the export's entry of `aspectra.json`
LEAST = 1e-6  # confidences are clipped this far from 0 and 1
PRIOR = (1.0, 1.0, 0.0)  # a, b, c of the identity
STEPS = 100  # of Newton's method; it takes about six
FOLDS = 10


@dataclass(frozen=True, slots=True)
class Calibration:
    """The map, and the number of opinions that it was fitted on."""

    a: float
    b: float
    c: float
    opinions: int

    def __call__(self, confidence: float) -> float:
        """The probability that an opinion of this confidence is right."""
        p = min(max(confidence, LEAST), 1 - LEAST)
        return 1 / (1 + math.exp(-(self.a * math.log(p) - self.b * math.log1p(-p) + self.c)))

    def written(self) -> dict[str, Any]:
        """The form in `aspectra.json`."""
        return {"method": "beta", **asdict(self)}

    @classmethod
    def of(cls, info: Mapping[str, Any]) -> Self | None:
        """The calibration of an export, from its `aspectra.json`; None if it is not calibrated."""
        said = info.get(EXPORT, {}).get(KEY)
        return said and cls(float(said["a"]), float(said["b"]), float(said["c"]), int(said["opinions"]))


def fit(confidences: Sequence[float], right: Sequence[bool]) -> Calibration:
    """The maximum a posteriori map for opinions that are right or wrong, by Newton's method.

    If a or b would be negative, it is fixed at 0.
    """
    import numpy as np

    p = np.clip(np.asarray(confidences, float), LEAST, 1 - LEAST)
    features = np.stack([np.log(p), -np.log1p(-p), np.ones_like(p)], axis=1)
    truth = np.asarray(right, float)
    prior = np.array(PRIOR)
    free = np.array([True, True, True])
    while True:
        weights = np.where(free, prior, 0.0)
        for _ in range(STEPS):
            chance = 1 / (1 + np.exp(-features @ weights))
            slope = features.T @ (truth - chance) - (weights - prior)
            curve = (features * (chance * (1 - chance))[:, None]).T @ features + np.eye(3)
            step = np.zeros(3)
            step[free] = np.linalg.solve(curve[np.ix_(free, free)], slope[free])
            weights += step / max(1.0, float(np.abs(step).max()))  # at most 1: longer steps can diverge
            if np.abs(step).max() < 1e-9:
                break
        if (weights[:2] >= 0).all():
            a, b, c = map(float, weights)
            return Calibration(a, b, c, len(confidences))
        free &= weights >= np.array([0.0, 0.0, -np.inf])


def held_out(confidences: Sequence[float], right: Sequence[bool], sentences: Sequence[int], seed: int) -> list[float]:
    """Calibrated confidences by cross-fitting: ten folds of sentences, by seed, each mapped by a fit on the others."""
    numbers = sorted(set(sentences))
    random.Random(seed).shuffle(numbers)
    part = {number: place % FOLDS for place, number in enumerate(numbers)}
    parts = [part[number] for number in sentences]
    maps = {}
    for each in set(parts):
        others = [i for i, one in enumerate(parts) if one != each]
        maps[each] = fit([confidences[i] for i in others], [right[i] for i in others])
    return [maps[one](confidence) for one, confidence in zip(parts, confidences, strict=True)]
