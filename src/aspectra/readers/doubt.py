"""How unsure a tagger is of a text: what is worth asking an LLM about. Called by `aspectra.pipeline.draw`."""

from __future__ import annotations

import math
from collections.abc import Iterable

from aspectra.readers.extraction import Extraction


def doubt(found: Extraction) -> float:
    """Nats a word: the entropies of the tags of its words and of the polarities of its targets, over its words.

    Token entropy (Settles and Craven 2008, "An analysis of active learning strategies for sequence labeling tasks"),
    with the polarities added. A mean, so that a long text is not preferred for its length, which is paid for too. A
    word that the reader is sure of counts as 0; so does a text without words.
    """
    words = len(found.text.split())
    tags = (
        entropy((begin, inside, 1 - begin - inside)) for soft in found.soft for begin, inside in soft.words.values()
    )
    polarities = (entropy(shares) for soft in found.soft for shares in soft.spans.values())
    return (sum(tags) + sum(polarities)) / words if words else 0.0


def entropy(shares: Iterable[float]) -> float:
    """In nats.

    >>> round(entropy((0.5, 0.5, 0.0)), 3), entropy((1.0, 0.0))
    (0.693, 0.0)
    """
    return sum(-share * math.log(share) for share in shares if share > 0)
