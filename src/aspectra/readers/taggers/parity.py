"""Whether an export of a tagger says what its student says. Called by `export`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aspectra.readers.reader import Answer
from aspectra.score.significance import Counts, redrawn

ENOUGH = 0.98  # the least agreement of a right conversion: rounding may flip a sentence whose tags are near a tie
EXACT = 1e-3  # of a confidence; right conversions of the seven kinds of encoders are off by 1e-6
LOSS = 0.005  # of F1: what 8 bits may cost, at most


def compare(reference: Sequence[Answer], other: Sequence[Answer]) -> dict[str, Any]:
    """How far two engines agree, on the same sentences in the same order.

    `agreement`: the share of sentences with the same opinions at the same places. `confidence`: largest and mean
    absolute difference over the opinions of those, None where there are none.
    """
    alike = [(a, b) for a, b in zip(reference, other, strict=True) if opinions(a) == opinions(b)]
    off = [abs(x.confidence - y.confidence) for a, b in alike for x, y in zip(a.found, b.found, strict=True)]
    return {
        "agreement": len(alike) / len(reference),
        "confidence": {
            "opinions": len(off),
            "max": max(off, default=None),
            "mean": sum(off) / len(off) if off else None,
        },
    }


def opinions(answer: Answer) -> list[tuple[Any, ...]]:
    """What agreement looks at."""
    return [(o.start, o.end, o.category, o.polarity) for o in answer.found]


def fault(in_float32: dict[str, Any]) -> str | None:
    """What is wrong with a conversion, by its comparison in 32 bits; None where it is right."""
    if in_float32["agreement"] < ENOUGH:
        return f"agreement {in_float32['agreement']:.1%}"
    if (in_float32["confidence"]["max"] or 0.0) > EXACT:
        return f"confidences differ by up to {in_float32['confidence']['max']:.4f}"
    return None


def worst(student: Counts, export: Counts, seed: int, draws: int = 2000) -> float:
    """The most F1 that an export costs, at 95 %: the 95th percentile of the paired loss over redrawn sentences (the
    percentile bootstrap of `score.significance`), as a fraction."""
    import numpy as np

    before, after = redrawn([[student], [export]], draws, seed, "strict")
    return float(np.percentile((before - after)[:, 0], 95))
