"""Which categories are spoken of, and how: heads on the states of a sentence. torch is imported with this module.

Each category has a vector that begins as the encoder's own state of the category's name ("food quality"), so that it
means something before the first label, and a rare category too. Called by `network`; made by `student`.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.functional import normalize

SHARP = 10.0  # what cosines are multiplied with, at the beginning
RARE = -2.0  # log odds of a category, at the beginning: most are not spoken of


class Categories(nn.Module):
    """The heads for `names`, from a state of each name, (categories, width).

    A category's `query` says which tokens of a unit it looks at (attention over their cosines), its `key` whether what
    is seen there speaks of it (a cosine again, of a projection that begins as the identity). No beginning is drawn.
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
        """What each category sees of each unit (rows, units, categories, width).

        `states` (rows, tokens, width); `member` (rows, units, tokens) is which tokens a unit has.
        """
        alike = normalize(states, dim=-1) @ normalize(self.query, dim=-1).T  # (rows, tokens, categories)
        looks = (self.scales[0] * alike.float()).transpose(1, 2)[:, None]
        looks = looks.masked_fill(~member[:, :, None], torch.finfo(looks.dtype).min).softmax(-1)
        found: torch.Tensor = looks.to(states.dtype) @ states[:, None]
        return found

    def present(self, seen: torch.Tensor) -> torch.Tensor:
        """Log odds that a unit is about each category, (rows, units, categories), from what it sees beside the first
        token's state (rows, units, categories, 2 * width)."""
        alike = (normalize(self.project(seen), dim=-1) * normalize(self.key, dim=-1)).sum(-1)
        return self.scales[1] * alike.float() + self.bias

    def known(self, other: Categories) -> None:
        """Take over what another has learned, of the categories that both have."""
        with torch.no_grad():
            self.project.load_state_dict(other.project.state_dict())
            self.scales.copy_(other.scales)
            for number, name in enumerate(self.names):
                if name in other.names:
                    for mine, theirs in ((self.query, other.query), (self.key, other.key), (self.bias, other.bias)):
                        mine[number] = theirs[other.names.index(name)]
