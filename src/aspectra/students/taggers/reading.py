"""A tagger's inference on pieces: tags and polarities of a batch, as numbers.

Called by `student` (dev, after each epoch) and by `aspectra.readers.taggers`. An export, which has no torch, uses
`opinions` and `polarities` from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aspectra.schema import POLARITIES, Opinion, Span
from aspectra.students.taggers.spans import INSIDE, of_tags
from aspectra.students.taggers.words import Pieces

SECOND = 0.4  # a second polarity of a span needs at least this share
THERE = 0.4  # a category needs at least this probability
LEAST = "least"  # the key of `aspectra.json` with the minimum confidence of a reported target


@dataclass(frozen=True, slots=True)
class Read:
    """The output for a sentence: spans of words, the certainty of each (in [0, 1]), its shares of `POLARITIES`; and the
    probabilities of `TAGS` of each word (`chances`).

    If the task has categories, `shares` is empty. Then each span, and at the end the sentence as a whole, has the
    probability of each category (`about`) and its polarity shares if it is present (`judged`).

    The certainty (`sure`) is the product of the probabilities of its words' tags and of the next word not being I.
    """

    spans: list[Span]
    sure: list[float]
    shares: list[list[float]]
    about: list[list[float]] = field(default_factory=list)
    judged: list[list[list[float]]] = field(default_factory=list)
    chances: list[list[float]] = field(default_factory=list)


def read(
    network: Any,
    pieces: Sequence[Pieces],
    pad: int,
    batch_size: int,
    tick: Callable[[int], object] = lambda _: None,
    given: Sequence[Sequence[Span]] | None = None,
) -> list[Read]:
    """The output for each sentence, in order; with `given`, for these spans of words only.

    Sentences are batched by length. Padding and neighbors change only the last digits.
    """
    found: dict[int, Read] = {}
    order = sorted(range(len(pieces)), key=lambda i: -len(pieces[i].ids))
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        some = [pieces[i] for i in batch]
        for i, one in zip(batch, together(network, some, pad, given and [given[i] for i in batch]), strict=True):
            found[i] = one
        tick(len(batch))
    return [found[i] for i in range(len(pieces))]


def together(network: Any, pieces: Sequence[Pieces], pad: int, given: Sequence[Sequence[Span]] | None) -> list[Read]:
    """The output for one batch."""
    import torch

    from aspectra.students.taggers.network import spans_of
    from aspectra.students.tensors import fill, width_of

    rows, place = [p.ids for p in pieces], network.device
    width = width_of(rows)
    ids = fill(rows, pad, width=width).to(place)
    mask = fill([[1] * len(row) for row in rows], 0, width=width).to(place)
    first = fill([p.first or [0] for p in pieces], 0).to(place)
    words = fill([[1] * len(p.first) or [0] for p in pieces], 0).bool().to(place)
    word_of = fill([p.word_of for p in pieces], -1, width=width).to(place)
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
    best, each = chances.max(-1).values.tolist(), chances.tolist()
    tagged = [row[: len(p.words)] for row, p in zip(each, pieces, strict=True)]
    further = torch.where(words, chances[..., INSIDE], 0.0).tolist()
    sure = [[product(best[n][a:b]) * (1 - sum(further[n][b : b + 1])) for a, b in row] for n, row in enumerate(spans)]
    if network.heads.categories is not None:
        odds, logits = network.category_logits(states, mask, span_of, most)
        about, judged = odds.sigmoid().tolist(), logits.float().softmax(-1).tolist()
        ends = [[*range(len(row)), most] for row in spans]
        return [
            Read(row, sure[n], [], [about[n][u] for u in ends[n]], [judged[n][u] for u in ends[n]], tagged[n])
            for n, row in enumerate(spans)
        ]
    shares = network.polarity_logits(states, span_of, most).float().softmax(-1).tolist()
    return [Read(row, sure[n], shares[n][: len(row)], chances=tagged[n]) for n, row in enumerate(spans)]


def product(values: Sequence[float]) -> float:
    """The product of all values."""
    whole = 1.0
    for value in values:
        whole *= value
    return whole


def least_of(info: Mapping[str, Any]) -> float:
    """The minimum confidence of a reported target, from `aspectra.json`; 0 if it is not set."""
    return float(info.get(LEAST) or 0.0)


def polarities(shares: Sequence[float]) -> list[tuple[str, float]]:
    """(polarity, share) of a span: the largest, and any other whose share is at least `SECOND`."""
    ranked = sorted(zip(POLARITIES, shares, strict=True), key=lambda each: -each[1])
    return [ranked[0], *(each for each in ranked[1:] if each[1] >= SECOND)]


def opinions(
    text: str, pieces: Pieces, said: Read, categories: Sequence[str] = (), least: float = 0.0
) -> list[tuple[Opinion, float]]:
    """(opinion, confidence) of a sentence, in order of appearance; opinions without a target come last.

    Confidence is the probability of the tags, times that of the category if there are `categories`, times that of the
    polarity. With categories, a target without one is dropped. Without them, a target is dropped if its polarities
    together have less than `least`; so a target with two polarities is not at a disadvantage.
    """
    places = [(pieces.words[first][0], pieces.words[end - 1][1]) for first, end in said.spans]
    if not said.about:
        ways = zip(places, said.sure, map(polarities, said.shares), strict=True)
        return [
            (Opinion(text[start:end], None, polarity, start, end), sure * share)
            for (start, end), sure, judged in ways
            if sure * sum(share for _, share in judged) >= least
            for polarity, share in judged
        ]
    found = []
    units = [*zip(places, said.sure, strict=True), (None, 1.0)]
    for (place, sure), about, judged in zip(units, said.about, said.judged, strict=True):
        start, end = place or (None, None)
        for category, chance, shares in zip(categories, about, judged, strict=True):
            found += [
                (Opinion(text[start:end] if place else None, category, polarity, start, end), sure * chance * share)
                for polarity, share in polarities(shares)
                if chance >= THERE
            ]
    return found
