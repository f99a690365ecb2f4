"""The network of a tagger: an encoder, and heads on its last states. Importing this module imports torch.

Two decisions: BIO for each word, from the state of its first piece (linear); and the polarity of a span, from the mean
of its pieces' states concatenated with the first token's state (two layers). The network derives the spans from the
tags, so one pass is enough. If the task has categories, the second decision is made for each category (`categories`) of
each span and of the sentence as a whole. It uses the same two layers, so what they learned without categories helps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from aspectra.schema import POLARITIES
from aspectra.students.taggers.categories import Categories
from aspectra.students.taggers.restore import Restore
from aspectra.students.taggers.spans import BEGIN, INSIDE, OUTSIDE, TAGS
from aspectra.students.tensors import IGNORED


class Heads(nn.Module):
    """The heads on states of size `width`; `categories` if the task has some."""

    def __init__(self, width: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.categories: Categories | None = None
        self.restore: Restore | None = None
        self.dropout = nn.Dropout(dropout)
        self.tag = nn.Linear(width, len(TAGS))
        self.polarity = nn.Sequential(
            nn.Linear(2 * width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, len(POLARITIES))
        )
        self.rating = nn.Linear(2 * width, 1)


class Network(nn.Module):
    """Encoder and heads."""

    def __init__(self, encoder: Any, heads: Heads) -> None:
        super().__init__()
        self.encoder, self.heads = encoder, heads

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    def forward(self, batch: Mapping[str, torch.Tensor]) -> Any:
        """(tag logits, polarity logits of the given spans, ratings) of a batch from `losses.collate`.

        With categories, the polarity logits are for each unit and category, and the presence logits of
        `category_logits` come last. For a batch of masked words (`restore.collate`): their logits (hidden tokens,
        vocabulary).
        """
        states = self.states(batch["ids"], batch["mask"])
        if self.heads.restore is not None:
            return self.heads.restore(states[batch["restore"] != IGNORED], self.encoder.get_input_embeddings().weight)
        tags = self.tag_logits(states, batch["first"])
        rating = self.rating(states, batch["mask"])
        spans = batch["spans"].shape[1]
        if self.heads.categories is None:
            return tags, self.polarity_logits(states, batch["span_of"], spans), rating
        present, polarities = self.category_logits(states, batch["mask"], batch["span_of"], spans - 1)
        return tags, polarities, rating, present

    def states(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """(rows, tokens, width)."""
        found: torch.Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return found

    def tag_logits(self, states: torch.Tensor, first: torch.Tensor) -> torch.Tensor:
        """(rows, words, 3) from the states at each word's first token, `first` (rows, words)."""
        picked = states.gather(1, first[..., None].expand(-1, -1, states.shape[-1]))
        found: torch.Tensor = self.heads.tag(self.heads.dropout(picked))
        return found

    def polarity_logits(self, states: torch.Tensor, span_of: torch.Tensor, spans: int) -> torch.Tensor:
        """(rows, spans, 4); `span_of` (rows, tokens) has the index of each token's span, -1 outside."""
        numbers = torch.arange(spans, device=states.device)
        member = (span_of[:, None, :] == numbers[None, :, None]).to(states.dtype)  # (rows, spans, tokens)
        size = member.sum(-1, keepdim=True).clamp_min(1)
        mean = member @ states / size
        whole = states[:, :1].expand(-1, spans, -1)
        found: torch.Tensor = self.heads.polarity(self.heads.dropout(torch.cat([mean, whole], -1)))
        return found

    def category_logits(
        self, states: torch.Tensor, mask: torch.Tensor, span_of: torch.Tensor, spans: int
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(log odds of each category (rows, units, categories), its polarity logits (rows, units, categories, 4)).

        Units are the spans, as in `polarity_logits`, and then the sentence as a whole. The latter uses only tokens
        outside the spans: what is said of a target is not said of the whole.
        """
        categories = self.heads.categories
        assert categories is not None
        numbers = torch.arange(spans, device=states.device)
        outside = (mask.bool() & (span_of < 0))[:, None, :]  # never empty: special tokens are outside
        member = torch.cat([span_of[:, None, :] == numbers[None, :, None], outside], 1)
        pooled = categories.pooled(states, member)
        both = self.heads.dropout(torch.cat([pooled, states[:, None, None, 0].expand_as(pooled)], -1))
        return categories.present(both), self.heads.polarity(both)

    def rating(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The rating of each text (rows): from the mean of its states concatenated with the first token's state."""
        weight = mask[..., None].to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1)
        found: torch.Tensor = self.heads.rating(torch.cat([mean, states[:, 0]], -1))[:, 0]
        return found


def spans_of(tags: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """The index of each word's span, -1 outside (rows, words), from tags (rows, words); `words` marks real words.

    An I tag without a span before it starts a new span, as in `spans.of_tags`.
    """
    tags = torch.where(words, tags, torch.full_like(tags, OUTSIDE))
    before = torch.nn.functional.pad(tags[:, :-1], (1, 0), value=OUTSIDE)
    begins = (tags == BEGIN) | ((tags == INSIDE) & (before == OUTSIDE))
    number = begins.long().cumsum(1) - 1
    return torch.where(tags == OUTSIDE, torch.full_like(number, -1), number)
