"""Where a term stands in a sentence, also where an annotator wrote it in other case or with other spaces.

Called by `table` and `generative`.
"""

from __future__ import annotations

import re

from aspectra.schema import Span
from aspectra.tasks.anchor import cuts_word


def standing(term: str, text: str, near: int | None = None) -> Span | None:
    """The place of a term: as it is written, else whatever its case and spaces; whole words first, then the nearest to
    an offset. None where it stands nowhere.

    >>> standing("hot tub", "The Hot  tub leaked."), standing("tub", "A bathtub, a tub."), standing("bed", "A tub.")
    ((4, 12), (13, 16), None)
    """
    words = [re.escape(word) for word in term.split()]
    for pattern, flags in ((re.escape(term), 0), (r"\s+".join(words), re.IGNORECASE)):
        found = [match.span() for match in re.finditer(pattern, text, flags)] if words else []
        if found:
            return min(found, key=lambda span: (cuts_word(span, text), abs(span[0] - (near or 0))))
    return None
