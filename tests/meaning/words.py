"""A real table of meanings with its tokenizer, of a few words whose meaning is plain; each has a little of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from aspectra.readers.taggers.meanings import TABLE
from aspectra.readers.taggers.signature import TOKENIZER

PEOPLE, FOOD, MONEY, NIGHT, AT_SEA = np.eye(5)
WORDS = {
    "[UNK]": np.zeros(5),
    **dict.fromkeys(["staff", "waiter", "waiters", "server", "desk", "guy"], PEOPLE),
    **dict.fromkeys(["soup", "pasta", "food"], FOOD),
    **dict.fromkeys(["price", "bill", "fees"], MONEY),
    **dict.fromkeys(["bed", "pillow"], NIGHT),
    "host": 0.9 * PEOPLE + 0.3 * NIGHT,
    "rude": 0.5 * PEOPLE,
    "tasty": 0.5 * FOOD,
    "anchor": AT_SEA,
}


def write_words(folder: Path) -> Path:
    """Write the two files that `Meanings` reads into a folder, and return it."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / TOKENIZER))
    own = 0.3 * np.eye(len(WORDS))
    own[0] = 0  # of a word that is not known there is nothing
    rows = np.hstack([np.array(list(WORDS.values())), own])
    np.savez(folder / TABLE, rows=np.round(rows * 100).astype(np.int8), scales=np.full(len(rows), 0.01, np.float32))
    return folder
