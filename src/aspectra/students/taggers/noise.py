"""Noisy copies of labeled sentences, as people type carelessly: typos, lowercase, no punctuation.

A copy keeps the labels; their offsets are moved with the letters. Pure, by seed; called by `student`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from aspectra.data.soft import Soft
from aspectra.schema import Example, Span

COPY = "~"  # suffix of the id of a copy
SLIPS = 0.1  # share of the words with a typo, in a copy with typos
LONG = 4  # minimum length of a word that gets typos; its first letter is never changed
WORD = re.compile(r"[^\W\d_]+")
# Punctuation between words. Inside a word, as in 3.5 and Wi-Fi, it is part of the word.
PUNCTUATION = re.compile(r"(?<!\w)[.,;:!?…\"“”()]+|[.,;:!?…\"“”()]+(?!\w)")
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {key: row[max(0, n - 1) : n] + row[n + 1 : n + 2] for row in ROWS for n, key in enumerate(row)}


def copies(
    examples: Sequence[Example], softs: Mapping[str, Soft], share: float, seed: int
) -> tuple[list[Example], dict[str, Soft]]:
    """Noisy copies of a share (0 to 1) of the sentences, drawn by seed, with their opinions and soft labels.

    Each copy has one to three kinds of noise. A sentence that these do not change has no copy.
    """
    made: list[Example] = []
    said: dict[str, Soft] = {}
    drawn = random.Random(f"noise {seed}")
    for number in sorted(drawn.sample(range(len(examples)), round(share * len(examples)))):
        found = copy(examples[number], softs.get(examples[number].id), random.Random(f"noise {seed} {number}"))
        if found is not None:
            example, soft = found
            made.append(example)
            said |= {} if soft is None else {example.id: soft}
    return made, said


def copy(example: Example, soft: Soft | None, drawn: random.Random) -> tuple[Example, Soft | None] | None:
    """A noisy copy of a sentence and its soft labels; None if the noise changes nothing or deletes a target."""
    targets = [(o.start, o.end) for o in example.opinions if o.start is not None and o.end is not None]
    letters = noisy(example.text, targets, drawn)
    text = "".join(letters)
    if text == example.text:
        return None
    at = [0, *accumulate(map(len, letters))]

    def moved(start: int, end: int) -> Span:
        return at[start], at[end]

    opinions = []
    for opinion in example.opinions:
        if opinion.start is not None and opinion.end is not None:
            start, end = moved(opinion.start, opinion.end)
            if not text[start:end].strip():
                return None
            opinion = replace(opinion, target=text[start:end], start=start, end=end)
        opinions.append(opinion)
    made = replace(example, id=example.id + COPY, text=text, opinions=tuple(opinions))
    return made, None if soft is None else soft.moved(moved)


def noisy(text: str, targets: Collection[Span], drawn: random.Random) -> list[str]:
    """The replacement of each character (zero or more characters), after one to three kinds of noise.

    Punctuation within a target stays, so no target is lost.
    """
    letters = list(text)
    ways: list[Callable[[], None]] = [
        lambda: slip(letters, text, drawn),
        lambda: small(letters),
        lambda: bare(letters, text, targets),
    ]
    for way in drawn.sample(ways, drawn.choices((1, 2, 3), (4, 2, 1))[0]):
        way()
    return letters


def small(letters: list[str]) -> None:
    """Make all letters lowercase."""
    letters[:] = map(str.lower, letters)


def bare(letters: list[str], text: str, targets: Collection[Span]) -> None:
    """Remove punctuation outside targets."""
    for mark in PUNCTUATION.finditer(text):
        for n in range(*mark.span()):
            if not any(start <= n < end for start, end in targets):
                letters[n] = ""


def slip(letters: list[str], text: str, drawn: random.Random) -> None:
    """Typos in some of the longer words: two letters swapped, or one deleted, doubled or replaced by a nearby key."""
    words = [word for word in WORD.finditer(text) if len(word[0]) >= LONG]
    for word in drawn.sample(words, max(1, round(SLIPS * len(words))) if words else 0):
        n = drawn.randrange(word.start() + 1, word.end() - 1)
        kind = drawn.choice(("swapped", "lost", "doubled", "beside"))
        if kind == "swapped":
            letters[n], letters[n + 1] = letters[n + 1], letters[n]
        elif kind == "lost":
            letters[n] = ""
        elif kind == "doubled":
            letters[n] *= 2
        else:
            letters[n] = drawn.choice(BESIDE.get(text[n].lower(), text[n]))
