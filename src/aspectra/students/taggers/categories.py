"""Heads that find the categories of a sentence and their polarities. Importing this module imports torch.

Each category has a vector that starts as the encoder's state of the category's name ("food quality"). So it has a
meaning before the first label, and for rare categories too. Called by `network`; made by `student`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.functional import normalize

SHARP = 10.0  # initial scale of the cosines
RARE = -2.0  # initial log odds of a category: most are absent


class Categories(nn.Module):
    """The heads for `names`, from a state of each name, (categories, width).

    A category's `query` selects the tokens of a unit (attention over cosines). Its `key` decides whether they are about
    the category (also a cosine, of a projection that starts as the identity). Nothing is initialized at random.
    """

    def __init__(self, names: Sequence[str], states: torch.Tensor) -> None:
        super().__init__()
        self.names = tuple(names)
        width = states.shape[-1]
        self.query = nn.Parameter(normalize(states, dim=-1))
        self.key = nn.Parameter(normalize(states, dim=-1))
        self.bias = nn.Parameter(torch.full((len(self.names),), RARE))
        self.scales = nn.Parameter(torch.full((2,), SHARP))
        self.project = nn.Linear(2 * width, width)
        with torch.no_grad():
            self.project.weight.copy_(torch.eye(width, 2 * width))
            self.project.bias.zero_()

    def pooled(self, states: torch.Tensor, member: torch.Tensor) -> torch.Tensor:
        """The attention-weighted state of each unit for each category (rows, units, categories, width).

        `states` (rows, tokens, width); `member` (rows, units, tokens) marks the tokens of a unit.
        """
        alike = normalize(states, dim=-1) @ normalize(self.query, dim=-1).T  # (rows, tokens, categories)
        looks = (self.scales[0] * alike.float()).transpose(1, 2)[:, None]
        looks = looks.masked_fill(~member[:, :, None], torch.finfo(looks.dtype).min).softmax(-1)
        found: torch.Tensor = looks.to(states.dtype) @ states[:, None]
        return found

    def present(self, seen: torch.Tensor) -> torch.Tensor:
        """Log odds that a unit is about each category, (rows, units, categories), from its pooled state concatenated
        with the first token's state (rows, units, categories, 2 * width)."""
        alike = (normalize(self.project(seen), dim=-1) * normalize(self.key, dim=-1)).sum(-1)
        return self.scales[1] * alike.float() + self.bias

    def known(self, other: Categories) -> None:
        """Copy the weights of another's heads, for the categories that both have."""
        with torch.no_grad():
            self.project.load_state_dict(other.project.state_dict())
            self.scales.copy_(other.scales)
            for number, name in enumerate(self.names):
                if name in other.names:
                    for mine, theirs in ((self.query, other.query), (self.key, other.key), (self.bias, other.bias)):
                        mine[number] = theirs[other.names.index(name)]
