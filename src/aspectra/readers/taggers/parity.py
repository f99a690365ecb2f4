"""Compares the answers of a tagger's export with its student's. Called by `export`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aspectra.readers.reader import Answer
from aspectra.score.significance import Counts, redrawn

ENOUGH = 0.98  # minimum agreement of a correct conversion: rounding may change a sentence with nearly tied tags
EXACT = 1e-3  # of a confidence; correct conversions of the seven kinds of encoders differ by 1e-6
LOSS = 0.005  # of F1: what int8 may cost at most


def compare(reference: Sequence[Answer], other: Sequence[Answer]) -> dict[str, Any]:
    """The agreement of two engines on the same sentences in the same order.

    `agreement`: the share of sentences with the same opinions at the same places. `confidence`: largest and mean
    absolute difference over the opinions of those sentences, None if there are none.
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
    """The fields of opinions that must agree."""
    return [(o.start, o.end, o.category, o.polarity) for o in answer.found]


def fault(in_float32: dict[str, Any]) -> str | None:
    """The fault of a conversion, from its comparison in 32 bits; None if it is correct."""
    if in_float32["agreement"] < ENOUGH:
        return f"agreement {in_float32['agreement']:.1%}"
    if (in_float32["confidence"]["max"] or 0.0) > EXACT:
        return f"confidences differ by up to {in_float32['confidence']['max']:.4f}"
    return None


def worst(student: Counts, export: Counts, seed: int, draws: int = 2000) -> float:
    """The loss of F1 of an export at 95 %, as a fraction: the 95th percentile of the paired loss over resampled
    sentences (the percentile bootstrap of `score.significance`)."""
    import numpy as np

    before, after = redrawn([[student], [export]], draws, seed, "strict")
    return float(np.percentile((before - after)[:, 0], 95))
