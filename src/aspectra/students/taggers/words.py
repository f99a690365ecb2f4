"""A sentence as word pieces, and the words that they form. Needs a fast tokenizer, no torch.

A tagger decides for whole words, from a word's first piece. Called by `lessons`, `tagger` and
`aspectra.readers.taggers`, so training and inference see the same pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aspectra.schema import Span
from aspectra.units import HALF, UNIT

BATCH = 1024  # sentences encoded together


@dataclass(frozen=True, slots=True)
class Pieces:
    """A sentence as a tagger reads it.

    `ids` are token ids, special ones included. `words` are character spans in order, without overlap. `first` has the
    index of each word's first token. `word_of` has the index of each token's word, -1 if it belongs to none. A word
    that the tokenizer cannot encode has no token and is not in `words`. `cut` is true if tokens were truncated.
    """

    ids: list[int]
    words: list[Span]
    first: list[int]
    word_of: list[int]
    cut: bool = False


class Encoder:
    """Sentences to pieces, with a `tokenizers.Tokenizer`; `room` is the maximum number of tokens of a sentence."""

    def __init__(self, tokenizer: Any, room: int) -> None:
        self.tokenizer, self.room = tokenizer, room
        self._sized: dict[str, Any] = {}  # texts that `size` has encoded and `pieces` will need: encoded once
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokenizer.encode_special_tokens = True  # a review that spells a special token is text

    def pieces(self, sentences: Sequence[str]) -> list[Pieces]:
        """The pieces of each sentence."""
        texts = [HALF.sub("\ufffd", sentence) for sentence in sentences]
        fresh = [text for text in texts if text not in self._sized]
        known = self._sized | dict(zip(fresh, self.tokenizer.encode_batch(fresh), strict=True))
        self._sized = {}
        return [self.read(text, known[text]) for text in texts]

    def stream(self, sentences: Sequence[str], tick: Callable[[int], object] = lambda _: None) -> Iterator[Pieces]:
        """The same one by one, for any number of sentences; `tick` gets the number of newly finished ones."""
        for first in range(0, len(sentences), BATCH):
            some = sentences[first : first + BATCH]
            yield from self.pieces(some)
            tick(len(some))

    def read(self, text: str, encoding: Any) -> Pieces:
        """The pieces of one sentence."""
        ids, offsets, special = encoding.ids, encoding.offsets, encoding.special_tokens_mask
        cut = len(ids) > self.room
        if cut:  # the closing special tokens stay
            tail = next((n for n in range(len(ids)) if not special[-1 - n]), 0)
            keep = [*range(self.room - tail), *range(len(ids) - tail, len(ids))]
            ids, offsets, special = ([line[i] for i in keep] for line in (ids, offsets, special))
        places = [None if mark else trimmed(text, *place) for place, mark in zip(offsets, special, strict=True)]
        words, first, word_of = joined([match.span() for match in UNIT.finditer(text)], places)
        return Pieces(list(ids), words, first, word_of, cut)

    def size(self, text: str) -> int:
        """Tokens of a sentence, special ones included."""
        text = HALF.sub("\ufffd", text)
        found = self._sized[text] = self.tokenizer.encode(text)
        return len(found)


def trimmed(text: str, start: int, end: int) -> Span | None:
    """A token's span without surrounding white space, which some tokenizers include; None if nothing is left."""
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None


def joined(units: Sequence[Span], places: Sequence[Span | None]) -> tuple[list[Span], list[int], list[int]]:
    """(words, first token of each, word of each token): units that share a token are one word."""
    words: list[Span] = []
    first: list[int] = []
    word_of = [-1] * len(places)
    at = 0
    for token, place in enumerate(places):
        if place is None:
            continue
        start, end = place
        while at < len(units) and units[at][1] <= start:
            at += 1
        if words and start < words[-1][1]:  # a further piece of the last word
            number = len(words) - 1
        elif at < len(units) and units[at][0] < end:
            number = len(words)
            words.append(units[at])
            first.append(token)
        else:  # a token of no unit, such as a control character
            continue
        word_of[token] = number
        last = at
        while last + 1 < len(units) and units[last + 1][0] < end:
            last += 1
        words[number] = (words[number][0], max(words[number][1], units[last][1] if last < len(units) else 0))
        at = last
    return words, first, word_of
