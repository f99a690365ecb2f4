"""The control that shows what the teacher adds: the same texts, without a teacher. Pure; called by `student`.

Words are hidden, all their pieces behind the mask, and the encoder restores them (masked language modeling, Devlin et
al. 2019, section 3.1; whole words, 15 % of them, one at least). A sentence has the same words hidden in every epoch:
what a step sees hangs on seed and epoch alone, so that a run that was cut off ends with the same weights.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from aspectra.students.student import Lessons
from aspectra.students.taggers.rows import Rows
from aspectra.students.taggers.words import Encoder, Pieces

SHARE = 0.15
KIND = "denoise"


def from_texts(
    encoder: Encoder, texts: Sequence[str], mask: int, seed: int, tick: Callable[[int], None] = lambda _: None
) -> Lessons:
    """A row for each sentence that has a word; `mask` is the id that stands for what is hidden."""
    rows, cut, chance = Rows([KIND]), 0, random.Random(seed)
    for pieces in encoder.stream(texts, tick):
        if pieces.words:
            rows.add(hidden(pieces, mask, chance))
            cut += pieces.cut
    return Lessons(rows, len(texts), {"inputs": cut}, {KIND: 1.0})


def hidden(pieces: Pieces, mask: int, chance: random.Random) -> dict[str, list[int]]:
    """A row: token ids with some words masked; for each token what it was, -100 where it was not hidden."""
    count = len(pieces.words)
    words = set(chance.sample(range(count), max(1, round(SHARE * count))))
    inside = [word in words for word in pieces.word_of]
    return {
        "ids": [mask if away else token for token, away in zip(pieces.ids, inside, strict=True)],
        "restore": [token if away else -100 for token, away in zip(pieces.ids, inside, strict=True)],
    }
