"""The minimum confidence at which a tagger reports an opinion. Called by `student` when pretraining ends.

On sentences like its training data, a tagger loses no F1 over a wide range of thresholds. On other texts its precision
drops more than its recall, so a high threshold helps (docs/results/taggers.md). Therefore the highest threshold is
chosen that costs nothing on held-out sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from aspectra.schema import Example, Prediction
from aspectra.score.scoring import score
from aspectra.students.taggers.reading import Read, opinions, read
from aspectra.students.taggers.words import Encoder, Pieces

THRESHOLDS = tuple(step / 20 for step in range(20))
MARGIN = 0.01  # of F1, as a fraction: what the threshold may cost on held-out sentences
ENOUGH = 50  # with fewer opinions, no threshold is chosen
TASK = "atsa"


def least(
    network: Any,
    encoder: Encoder,
    pad: int,
    examples: Sequence[Example],
    batch_size: int,
    tick: Callable[[int], object] = lambda _: None,
) -> float:
    """The result of `chosen` for labeled sentences, as the network reads them; `tick` gets the number read."""
    pieces = encoder.pieces([example.text for example in examples])
    return chosen(examples, pieces, read(network, pieces, pad, batch_size, tick))


def chosen(examples: Sequence[Example], pieces: Sequence[Pieces], found: Sequence[Read]) -> float:
    """The highest of `THRESHOLDS` whose strict F1 is within `MARGIN` of the best. It is 0 if the labeled sentences have
    fewer than `ENOUGH` opinions, or if nothing right is found."""
    if sum(len(example.opinions) for example in examples) < ENOUGH:
        return 0.0

    def f1(threshold: float) -> float:
        said = [
            Prediction(
                example.id, example.text, tuple(o for o, _ in opinions(example.text, one, each, least=threshold))
            )
            for example, one, each in zip(examples, pieces, found, strict=True)
        ]
        return score(examples, said, TASK).f1

    curve = [f1(threshold) for threshold in THRESHOLDS]
    if not max(curve):
        return 0.0
    return max(t for t, reached in zip(THRESHOLDS, curve, strict=True) if reached >= max(curve) - MARGIN)
