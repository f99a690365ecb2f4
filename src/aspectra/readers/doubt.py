"""How uncertain a tagger is about a text, to select texts for an LLM. Called by `aspectra.pipeline.draw`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aspectra.readers.extraction import Extraction


def doubt(found: Extraction) -> float:
    """Nats per word: the entropies of the words' tags and of the targets' polarities, divided by the number of words.

    Token entropy (Settles and Craven 2008, "An analysis of active learning strategies for sequence labeling tasks"),
    plus the polarities. A mean, because a long text also costs more to ask about. A word that the reader is sure of
    counts as 0; so does a text without words.
    """
    words = len(found.text.split())
    tags = (
        entropy((begin, inside, 1 - begin - inside)) for soft in found.soft for begin, inside in soft.words.values()
    )
    polarities = (entropy(shares) for soft in found.soft for shares in soft.spans.values())
    return (sum(tags) + sum(polarities)) / words if words else 0.0


def entropy(shares: Iterable[float]) -> float:
    """Entropy in nats.

    >>> round(entropy((0.5, 0.5, 0.0)), 3), entropy((1.0, 0.0))
    (0.693, 0.0)
    """
    return sum(-share * math.log(share) for share in shares if share > 0)
