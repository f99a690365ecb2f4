"""Normalizes targets, so that `Rooms`, `the room` and `room` are counted together.

Called by `aspectra.analyze.counts`, and by `analysis` to check a language early.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from aspectra.errors import unknown

# English words before a noun that do not change its meaning.
BEFORE = frozenset(
    [
        "the",
        "a",
        "an",
        "my",
        "our",
        "your",
        "his",
        "her",
        "its",
        "their",
        "this",
        "that",
        "these",
        "those",
        "some",
        "any",
        "all",
        "both",
        "every",
        "each",
        "no",
    ]
)
# The head of an English phrase is its last word, or the word before one of these: `choice of dishes`.
BEHIND = frozenset(["of", "in", "at", "on", "for", "with", "from", "to", "by", "near", "during"])
# Nouns that a lemmatizer takes for verbs or adjectives: `seating` is not `seat`, `bedding` is not `bed`.
KEPT = re.compile(r"(ing|ed|er|est|left|saw|felt|found|ground)$")
ABBREVIATIONS = re.compile(r"\b([A-Z]{2,})s\b")  # TVs


def grouping(language: str = "en") -> Callable[[str], str]:
    """A function from a target to the key of its group: case-folded, with the head noun in the singular.

    English: articles and possessives before the noun are dropped, and only the head is changed. Other languages: every
    word is replaced by its lemma.

    Raises UserError for a language that simplemma does not support.
    """
    if language not in (known := languages()):
        raise unknown("language", language, known)

    @cache
    def lemmatizer() -> Callable[..., str]:
        from simplemma import Lemmatizer  # its dictionary takes a second to load, so it is loaded only when needed

        return Lemmatizer(cache_max_size=1).lemmatize  # `key` has its own cache

    def lemma(word: str) -> str:
        return lemmatizer()(word, lang=language).casefold()  # German nouns need their capital

    def english(words: list[str]) -> list[str]:
        while len(words) > 1 and words[0] in BEFORE:
            words = words[1:]
        at = next((n for n, word in enumerate(words) if n and word in BEHIND), len(words)) - 1
        head = re.sub(r"['’]s?$", "", words[at]) or words[at]
        words[at] = head if KEPT.search(head) or (len(head) < 4 and head != "men") else lemma(head)
        return words

    @lru_cache(maxsize=20_000)
    def key(target: str) -> str:
        if language != "en":
            return " ".join(map(lemma, target.split()))
        words = ABBREVIATIONS.sub(r"\1", target).casefold().split()
        return " ".join(english(words)) if words else ""

    return key


def languages() -> list[str]:
    """The language codes that simplemma has a dictionary for."""
    from importlib.util import find_spec

    spec = find_spec("simplemma")
    assert spec is not None and spec.origin is not None
    data = Path(spec.origin).parent / "strategies" / "dictionaries" / "data"
    return sorted(file.name.partition(".")[0] for file in data.glob("*.plzma"))
