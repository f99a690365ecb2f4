"""Splits texts into words, for the comparisons of the corpus step. Called by the modules of this folder."""

from __future__ import annotations

import re

# Letters of scripts without spaces between words: Thai to Khmer, kana, Chinese.
ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(r"\w+(?:['’]\w+)?")
UNIT = re.compile(rf"(?=\w)[{ALONE}]|[^\W{ALONE}]+(?:['’][^\W{ALONE}]+)?")


def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation.

    >>> words("Staff WASN'T rude; the 24-hour gym...")
    ('staff', "wasn't", 'rude', 'the', '24', 'hour', 'gym')
    """
    return tuple(word.replace("’", "'") for word in WORD.findall(text.lower()))


def length(text: str) -> int:
    """Number of words of a text. In scripts without spaces between words, each letter counts.

    >>> length("Staff WASN'T rude."), length("好吃。Wifi快・・・")
    (3, 4)
    """
    return sum(1 for _ in UNIT.finditer(text))
