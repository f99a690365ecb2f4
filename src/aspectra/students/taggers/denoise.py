"""The control that shows what the teacher adds: the same texts, without a teacher. Pure; called by `student`.

Words are masked with all their pieces, and the encoder restores them (masked language modeling, Devlin et al. 2019,
section 3.1; whole words, 15 % of them, at least one). A sentence has the same masked words in every epoch: a step
depends only on seed and epoch, so a resumed run ends with the same weights.
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
    """One row for each sentence that has a word; `mask` is the id of the mask token."""
    rows, cut, chance = Rows([KIND]), 0, random.Random(seed)
    for pieces in encoder.stream(texts, tick):
        if pieces.words:
            rows.add(hidden(pieces, mask, chance))
            cut += pieces.cut
    return Lessons(rows, len(texts), {"inputs": cut}, {KIND: 1.0})


def hidden(pieces: Pieces, mask: int, chance: random.Random) -> dict[str, list[int]]:
    """A row: token ids with some words masked; and for each token its original id if it is masked, else -100."""
    count = len(pieces.words)
    words = set(chance.sample(range(count), max(1, round(SHARE * count))))
    inside = [word in words for word in pieces.word_of]
    return {
        "ids": [mask if away else token for token, away in zip(pieces.ids, inside, strict=True)],
        "restore": [token if away else -100 for token, away in zip(pieces.ids, inside, strict=True)],
    }
