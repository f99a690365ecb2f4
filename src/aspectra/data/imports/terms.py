"""Finds terms in a sentence, also if the annotator wrote them with other case, spaces or characters.

Called by `table`, `semeval` and `generative`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from aspectra import markup
from aspectra.schema import Opinion, Span
from aspectra.tasks.anchor import cuts_word, occurrences

# What an editor or a phone puts in the place of a character of the keyboard; None: nothing is to be seen there.
ALIKE: dict[str, str | None] = {
    **dict.fromkeys("‘’‚‛′´`ʼʹ", "'"),
    **dict.fromkeys("“”„‟″", '"'),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"),
}


class _Folded(NamedTuple):
    """A text in a form in which texts that look alike are the same, and the span of the original of each character."""

    text: str
    spans: list[Span]

    def find(self, term: str) -> Iterator[Span]:
        """The spans in the original of a folded term; none that begins or ends inside a letter with its accents."""
        words = r"\s+".join(re.escape(word) for word in term.split())
        for match in re.finditer(f"(?=({words}))", self.text) if words else ():
            first, last = match.span(1)
            start, end = self.spans[first][0], self.spans[last - 1][1]
            before = first > 0 and self.spans[first - 1] == self.spans[first]
            after = last < len(self.spans) and self.spans[last - 1] == self.spans[last]
            if not before and not after:
                yield start, end


def fold(text: str) -> _Folded:
    """Without HTML and invisible characters, in lower case, each character as its plainest form and its accents.

    >>> fold("Chef’s &amp; cre\u0300me").text == fold("chef's & CR\u00c8ME").text
    True
    """
    reading = markup.read(text)
    said: list[str] = []
    spans: list[Span] = []
    for letter in re.finditer(r"(?s).[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]*", reading.text):
        plain = ALIKE.get(letter.group(), letter.group())
        if plain is not None:
            plain = unicodedata.normalize("NFKD", plain.casefold()).casefold()
            plain = "".join(ALIKE.get(each, each) or "" for each in plain)
            said.append(plain)
            spans += [reading.given(*letter.span())] * len(plain)
    return _Folded("".join(said), spans)


def standing(term: str, text: str, near: int | None = None) -> Span | None:
    """The span of a term: an exact match, else one that looks the same apart from case and spacing. None if it does
    not occur.

    Whole words come first, then the match nearest to the offset `near`.

    >>> standing("hot tub", "The Hot  tub leaked."), standing("tub", "A bathtub, a tub."), standing("bed", "A tub.")
    ((4, 12), (13, 16), None)
    """
    found = occurrences(term, text) or alike(term, text)
    return min(found, key=lambda span: (cuts_word(span, text), abs(span[0] - (near or 0))), default=None)


def alike(term: str, text: str) -> list[Span]:
    """The spans of what looks like the term, in order."""
    return list(fold(text).find(fold(term).text))


def placed(opinions: Sequence[Opinion], text: str, lone: bool = False) -> tuple[Opinion, ...]:
    """The opinions of a sentence with the places of targets that are not written as in the text, or that are labeled
    several times without offsets: each time is another occurrence, as long as there are enough.

    Opinions of different categories may share a place. A target that stands in the text and is labeled once keeps no
    offsets, unless `lone`: it is looked up when the set is read. A target that is not in the text stays as it is.
    """
    labels = [(fold(o.target).text, o.category) if o.target and o.start is None else None for o in opinions]
    counts = Counter(labels)
    often = {label[0] for label, count in counts.items() if label is not None and count > 1}
    taken: dict[str | None, set[Span]] = {}
    for o in opinions:
        if o.start is not None and o.end is not None and text[o.start : o.end] == o.target:
            taken.setdefault(o.category, set()).add((o.start, o.end))
    made = []
    for o, label in zip(opinions, labels, strict=True):
        span = None
        if o.target and label is None:
            span = None if o.target in text else standing(o.target, text, o.start)
        elif o.target and label is not None and (lone or o.target not in text or label[0] in often):
            some = several(o.target, text, counts[label])
            mine = taken.get(o.category, set())
            span = next((each for each in some if each not in mine), some[0] if some else None)
        if span is not None:
            taken.setdefault(o.category, set()).add(span)
            o = replace(o, target=text[slice(*span)], start=span[0], end=span[1])
        made.append(o)
    return tuple(made)


def several(term: str, text: str, wanted: int) -> list[Span]:
    """The spans of a term in order: exact matches if they are enough, else also those that look alike. Those that cut
    a word only if there are no others."""
    exact = occurrences(term, text)
    found = whole(exact, text)
    return found if len(found) >= wanted else whole(sorted({*exact, *alike(term, text)}), text)


def whole(spans: list[Span], text: str) -> list[Span]:
    return [span for span in spans if not cuts_word(span, text)] or spans
