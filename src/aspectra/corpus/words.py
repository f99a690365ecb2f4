"""The words of a text, as the corpus steps compare them. Called by the modules of this folder."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+(?:['’]\w+)?")


def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation.

    >>> words("Staff WASN'T rude; the 24-hour gym...")
    ('staff', "wasn't", 'rude', 'the', '24', 'hour', 'gym')
    """
    return tuple(word.replace("’", "'") for word in WORD.findall(text.lower()))
