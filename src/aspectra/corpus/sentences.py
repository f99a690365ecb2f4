"""Words and sentences of a review, as the corpus steps compare them. Called by the modules of this folder."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+(?:['’]\w+)?")
ABBREVIATION = re.compile(r"(?:^|[\s(])(?:[A-Za-z]|Mr|Mrs|Ms|Dr|St|vs|etc|approx|No|a\.m|p\.m|e\.g|i\.e|ca)\.$")
BOUNDARY = re.compile(r"(?:[.!?…]+[\"'”’)\]]*(?=\s)|\n)\s*")


def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, without punctuation.

    >>> words("Staff WASN'T rude; the 24-hour gym...")
    ('staff', "wasn't", 'rude', 'the', '24', 'hour', 'gym')
    """
    return tuple(word.replace("’", "'") for word in WORD.findall(text.lower()))


def spans(text: str) -> list[tuple[int, int]]:
    """Where each sentence begins and ends, white space around it left out.

    A sentence ends at closing punctuation before white space, or at a line break; not after an initial or a common
    abbreviation.

    >>> text = "Mr. Hall was kind! The tub... leaked?\\nNever again."
    >>> [text[a:b] for a, b in spans(text)]
    ['Mr. Hall was kind!', 'The tub...', 'leaked?', 'Never again.']
    """
    found: list[tuple[int, int]] = []
    start = 0
    for boundary in [*(match for match in BOUNDARY.finditer(text)), None]:
        end = len(text) if boundary is None else boundary.end()
        if (
            boundary is not None
            and "\n" not in boundary.group()
            and ABBREVIATION.search(text[start : boundary.end()].rstrip())
        ):
            continue
        piece = text[start:end]
        stripped = piece.strip()
        if stripped:
            first = start + piece.index(stripped)
            found.append((first, first + len(stripped)))
        start = end
    return found
