"""Finds a term in a sentence, also if the annotator wrote it with other case or spaces.

Called by `table` and `generative`.
"""

from __future__ import annotations

import re

from aspectra.schema import Span
from aspectra.tasks.anchor import cuts_word


def standing(term: str, text: str, near: int | None = None) -> Span | None:
    """The span of a term: an exact match, else ignoring case and spacing. None if it does not occur.

    Whole words come first, then the match nearest to the offset `near`.

    >>> standing("hot tub", "The Hot  tub leaked."), standing("tub", "A bathtub, a tub."), standing("bed", "A tub.")
    ((4, 12), (13, 16), None)
    """
    words = [re.escape(word) for word in term.split()]
    for pattern, flags in ((re.escape(term), 0), (r"\s+".join(words), re.IGNORECASE)):
        found = [match.span() for match in re.finditer(pattern, text, flags)] if words else []
        if found:
            return min(found, key=lambda span: (cuts_word(span, text), abs(span[0] - (near or 0))))
    return None
