"""A tagger at work on pieces: tags and polarities of a batch, as numbers.

Called by `student` (dev, after each epoch) and by `aspectra.readers.taggers`; an export, which has no torch, takes what
is found to opinions here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aspectra.schema import POLARITIES, Opinion, Span
from aspectra.students.taggers.spans import INSIDE, of_tags
from aspectra.students.taggers.words import Pieces

SECOND = 0.4  # a span has a second polarity whose share is at least this


@dataclass(frozen=True, slots=True)
class Read:
    """What is found in a sentence: spans of words, how sure each is (in [0, 1]), and its shares of `POLARITIES`.

    Sure: the chances of its words' tags, and that the word behind it is no further one of it, multiplied.
    """

    spans: list[Span]
    sure: list[float]
    shares: list[list[float]]


def read(
    network: Any,
    pieces: Sequence[Pieces],
    pad: int,
    batch_size: int,
    tick: Callable[[int], object] = lambda _: None,
    given: Sequence[Sequence[Span]] | None = None,
) -> list[Read]:
    """What the network says of each sentence, in their order; with `given`, of these spans of words and no others.

    Sentences are put in batches by length; padding and neighbors change nothing but the last digits.
    """
    order = sorted(range(len(pieces)), key=lambda i: -len(pieces[i].ids))
    found: dict[int, Read] = {}
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        some = [pieces[i] for i in batch]
        for i, one in zip(batch, together(network, some, pad, given and [given[i] for i in batch]), strict=True):
            found[i] = one
        tick(len(batch))
    return [found[i] for i in range(len(pieces))]


def together(network: Any, pieces: Sequence[Pieces], pad: int, given: Sequence[Sequence[Span]] | None) -> list[Read]:
    """A batch."""
    import torch

    from aspectra.students.taggers.network import spans_of
    from aspectra.students.writers.tensors import fill

    place = network.device
    ids = fill([p.ids for p in pieces], pad).to(place)
    mask = fill([[1] * len(p.ids) for p in pieces], 0).to(place)
    first = fill([p.first or [0] for p in pieces], 0).to(place)
    words = fill([[1] * len(p.first) or [0] for p in pieces], 0).bool().to(place)
    word_of = fill([p.word_of for p in pieces], -1).to(place)
    states = network.states(ids, mask)
    chances = network.tag_logits(states, first).float().softmax(-1)
    tags = chances.argmax(-1)
    if given is None:
        number = spans_of(tags, words)
        spans = [of_tags(row[: len(p.words)]) for row, p in zip(tags.tolist(), pieces, strict=True)]
    else:
        spans = [list(each) for each in given]
        number = torch.full(words.shape, -1, device=place)
        for row, some in enumerate(spans):
            for n, (start, end) in enumerate(some):
                number[row, start:end] = n
    span_of = torch.where(word_of >= 0, number.gather(1, word_of.clamp_min(0)), torch.full_like(word_of, -1))
    most = max(1, max(map(len, spans)))
    shares = network.polarity_logits(states, span_of, most).float().softmax(-1).tolist()
    best, further = chances.max(-1).values.tolist(), torch.where(words, chances[..., INSIDE], 0.0).tolist()
    sure = [[product(best[n][a:b]) * (1 - sum(further[n][b : b + 1])) for a, b in row] for n, row in enumerate(spans)]
    return [Read(row, sure[n], shares[n][: len(row)]) for n, row in enumerate(spans)]


def product(values: Sequence[float]) -> float:
    """All multiplied."""
    whole = 1.0
    for value in values:
        whole *= value
    return whole


def polarities(shares: Sequence[float]) -> list[tuple[str, float]]:
    """(polarity, share) of a span: the largest, and another whose share is at least `SECOND`."""
    ranked = sorted(zip(POLARITIES, shares, strict=True), key=lambda each: -each[1])
    return [ranked[0], *(each for each in ranked[1:] if each[1] >= SECOND)]


def opinions(text: str, pieces: Pieces, said: Read) -> list[tuple[Opinion, float]]:
    """(opinion, confidence) of a sentence, in order of appearance. Confidence is the chance of the tags times that of
    the polarity, as the network has them."""
    found = []
    for (first, end), sure, shares in zip(said.spans, said.sure, said.shares, strict=True):
        start, stop = pieces.words[first][0], pieces.words[end - 1][1]
        found += [
            (Opinion(text[start:stop], None, polarity, start, stop), sure * share)
            for polarity, share in polarities(shares)
        ]
    return found
