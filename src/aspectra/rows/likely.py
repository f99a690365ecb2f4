"""The likely encodings of some bytes, by charset-normalizer, and a few words of the text in each.

A table may have three accents in all, which fit many encodings. No statistics tell these apart, but a reader of the
language does. Called by `aspectra.rows.encodings`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

# Of encodings that fit as well, the first is named first.
LATIN = ["cp1252", "cp1250", "cp1254", "mac_roman", "iso8859_2"]
OTHERS = [
    "cp1251", "shift_jis", "cp932", "gb18030", "big5", "euc_kr", "cp949", "euc_jp", "cp1253", "cp1255", "cp1256",
    "koi8_r",
]  # fmt: skip
SELDOM = ["cp850", "cp852", "cp1257", "iso8859_15", "cp866", "cp874", "iso8859_7"]
ENCODINGS = LATIN + OTHERS + SELDOM
# Mess that a seldom encoding must make good (the library takes Windows' dashes and quotes for mess), and one of another
# script in a text that is mostly of Latin letters.
HANDICAP = 0.1
MOST = 4  # encodings named
CLEAR_MESS, CLEAR_COHERENCE = 0.05, 0.1  # what the best is ahead by if it is named alone
BETWEEN = re.compile(rb"[\x00-\x2c;]+")  # between words; no part of a longer character in any of these encodings
LONGEST = 40  # characters of the words


class Guess(NamedTuple):
    """A likely encoding, and how a few words of the text read in it; no words if it is the only one."""

    name: str
    words: str


def likely(text: bytes) -> list[Guess]:
    """The likely encodings of text that is not UTF-8, the best first: one if it is clear, else several that read
    differently; none if nothing fits. The text ends where a character does.
    """
    from charset_normalizer import from_bytes

    words = [word for word in BETWEEN.split(text) if not word.isascii()]
    # Only in the words in question: keys of JSON and other columns are of Latin letters in any language.
    west = sum(byte < 0x80 for word in words for byte in word) > sum(byte >= 0x80 for byte in text)
    mess, ranks = {}, {}
    for found in from_bytes(text, cp_isolation=ENCODINGS):
        for name in found.could_be_from_charset:
            odd = (name in SELDOM) + (west and name in OTHERS)
            mess[name] = found.chaos
            ranks[name] = (round(found.chaos + HANDICAP * odd, 2), -round(found.coherence, 2))
    readings: dict[str, str] = {}  # by the text: what reads the same is not a question
    for name in sorted(ranks, key=lambda name: (ranks[name], ENCODINGS.index(name))):
        readings.setdefault(text.decode(name, "replace"), name)
    if not readings:
        return []
    first, *others = readings.values()
    if not others or (
        first not in SELDOM and all(mess[name] >= mess[first] + lead(first, name, ranks) for name in others)
    ):
        return [Guess(first, "")]
    names = [first, *others[: MOST - 1]]
    some = telling(words, names)
    return [Guess(name, reading(some, name)) for name in names]


def lead(first: str, other: str, ranks: dict[str, tuple[float, float]]) -> float:
    """By how much mess the first encoding must be ahead of another to be named alone: by none if it is ahead in
    coherence, which English words beside the text give to the Latin ones.
    """
    ahead = ranks[other][1] >= ranks[first][1] + CLEAR_COHERENCE and not (other in OTHERS and first not in OTHERS)
    return 0 if ahead else CLEAR_MESS


def telling(words: list[bytes], names: list[str]) -> bytes:
    """A few of the words, which together read differently in each of some encodings."""
    chosen = b""
    for _ in range(MOST):
        found = max(
            (b" ".join((chosen, word)).strip() for word in words),
            key=lambda some: (len({reading(some, name) for name in names}), len(some)),
            default=b"",
        )
        if len({reading(found, name) for name in names}) == len({reading(chosen, name) for name in names}):
            break
        chosen = found
    return chosen or b" ".join(words[:1])


def reading(words: bytes, name: str) -> str:
    """Words in an encoding, around their first character in question, with a mark for what cannot be printed."""
    text = "".join(sign if sign.isprintable() else "\ufffd" for sign in words.decode(name, "replace"))
    start = next((n for n, sign in enumerate(text) if not sign.isascii()), 0)
    return text[max(0, start - LONGEST // 2) :][:LONGEST]
