"""Compares an export's answers with its student's, on the same sentences.

Called by `export`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aspectra.readers.extraction import Found
from aspectra.readers.reader import Answer

ENOUGH = 0.98  # minimum agreement of opinions at which `auto` takes a compute type
EXACT = 0.01  # of a token's probability; a correct conversion of smollm2-135m differed by at most 0.00003


def compare(reference: Sequence[Answer], other: Sequence[Answer]) -> dict[str, Any]:
    """The agreement of two engines on the same sentences in the same order.

    `agreement`: the share of sentences with the same opinions, as multisets of (target, category, polarity); two
    sentences without opinions agree. `same_answers`: the share with exactly the same answer. `confidence`: largest and
    mean absolute difference over the opinions of the latter. `token_probability`: the largest difference over their
    tokens. None if there is nothing to compare.
    """
    pairs = list(zip(reference, other, strict=True))
    alike = [(a, b) for a, b in pairs if a.raw == b.raw and len(a.logs) == len(b.logs)]
    found = [abs(x.confidence - y.confidence) for a, b in alike for x, y in zip(a.found, b.found, strict=True)]
    tokens = [abs(math.exp(x) - math.exp(y)) for a, b in alike for x, y in zip(a.logs, b.logs, strict=True)]
    return {
        "agreement": sum(opinions(a.found) == opinions(b.found) for a, b in pairs) / len(pairs),
        "same_answers": sum(a.raw == b.raw for a, b in pairs) / len(pairs),
        "confidence": {
            "opinions": len(found),
            "max": max(found, default=None),
            "mean": sum(found) / len(found) if found else None,
        },
        "token_probability": max(tokens, default=None),
    }


def opinions(found: Sequence[Found]) -> Counter[tuple[str | None, str | None, str]]:
    """The fields of opinions that must agree."""
    return Counter((o.target, o.category, o.polarity) for o in found)


def fault(in_float32: dict[str, Any]) -> str | None:
    """The fault of a conversion, from its comparison in 32 bits; None if it is correct.

    Opinions alone are not enough: if only the scale of the logits is wrong, the most likely token stays the same.
    """
    for name in ("agreement", "same_answers"):
        if in_float32[name] < ENOUGH:
            return f"{name.replace('_', ' ')} {in_float32[name]:.1%}"
    if (in_float32["token_probability"] or 0.0) > EXACT:
        return f"probabilities differ by up to {in_float32['token_probability']:.3f}"
    return None
