"""Texts that nobody expects, by seed."""

from __future__ import annotations

import random

from tests.tiny import REVIEWS

FIXED = [
    "",
    " ",
    "x",
    "soup",
    "🍝👩‍🍳",
    "الحساء لذيذ",
    "‏המרק היה קר‏",
    "好吃的饭。再来！",
    "half \ud83d a soup",
    "soup " * 2000,
    "x" * 10_000,
    "a\x00b\u2028",
    "The  \t soup\nwas cold",
    "<s> </s> <pad> <mask>",
]
SIGNS = "🍝👩‍🍳€½ﬁ…—“”؟،؛।。！\u00ad\u200b\u200d\ufeff\u0301\x07\ud800"
LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßñçøåאבגדهو永远好吃кот"


def texts(count: int, seed: int = 7) -> list[str]:
    """The fixed ones; then words of reviews among letters and signs of many scripts, up to 40 words long."""
    draw = random.Random(seed)
    words = [word for review in REVIEWS for word in review.split()]

    def word() -> str:
        if draw.random() < 0.5:
            return draw.choice(words)
        return "".join(draw.choice(LETTERS if draw.random() < 0.8 else SIGNS) for _ in range(draw.randint(1, 12)))

    def text() -> str:
        return draw.choice([" ", " ", "  ", "\u00a0"]).join(word() for _ in range(draw.randint(0, 40)))

    return [*FIXED, *(text() for _ in range(count - len(FIXED)))]
