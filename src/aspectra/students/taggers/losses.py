"""The losses of a tagger. Called by `student`. Importing this module imports torch.

- `tags`: cross entropy of each word's tags against a distribution: one tag, or blended with a teacher's probabilities.
- `polarity`: cross entropy of each given span's polarities against a distribution, so a span can have two polarities,
  or a teacher's probabilities. With categories: of each category that a unit (a span, or the whole sentence) is about.
- `rating`: squared error of a text's rating, in units of two stars around three (so it lies between -1 and 1).
- `category`: binary cross entropy of each unit's categories, summed over them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss, one_hot

from aspectra.students.taggers.spans import OUTSIDE, TAGS
from aspectra.students.tensors import fill, width_of

MIDDLE, HALF_RANGE = 3.0, 2.0  # stars


def collate(rows: Sequence[Mapping[str, Any]], pad: int, categories: int = 0) -> dict[str, Any]:
    """Rows -> tensors, padded to `width_of` the batch's ids.

    ids, mask (rows, tokens); first, words (rows, words), where `words` is the mask of real words; tags (rows, words,
    3), a distribution over `TAGS`; span_of (rows, tokens); polarities (rows, spans, 4), spans (rows, spans), the mask
    of real spans; rating, rated (rows).

    With `categories`: units (rows, units), the mask of real units: spans, then the sentence as a whole. polarities is
    (rows, units, categories, 4), and spans (rows, units, categories) is true if a unit is about a category.
    """
    ids = [list(row["ids"]) for row in rows]
    first = [row.get("first") or [0] for row in rows]
    words = [[1] * len(row.get("first", ())) or [0] for row in rows]
    tags = [row.get("tags") or [OUTSIDE] for row in rows]
    span_of = [row.get("span_of") or [-1] for row in rows]
    tokens = width_of(ids)
    chances = one_hot(fill(tags, OUTSIDE), len(TAGS)).float()
    leaning = [(n, word, said) for n, row in enumerate(rows) for word, said in row.get("leaning", ())]
    if leaning:
        at, word, said = zip(*leaning, strict=True)
        chances[list(at), list(word)] = torch.tensor(said)
    return {
        "ids": fill(ids, pad, width=tokens),
        "mask": fill([[1] * len(row) for row in ids], 0, width=tokens),
        "first": fill(first, 0),
        "words": fill(words, 0).bool(),
        "tags": chances,
        "span_of": fill(span_of, -1, width=tokens),
        "rating": torch.tensor([(row.get("rating", MIDDLE) - MIDDLE) / HALF_RANGE for row in rows]),
        "rated": torch.tensor(["rating" in row for row in rows]),
        **(of_categories(rows, categories) if categories else of_spans(rows)),
    }


def of_spans(rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
    """The part of `collate` for the polarities of spans."""
    polarities = [row.get("polarities", ()) for row in rows]
    width = max(1, max(map(len, polarities)))
    shares = torch.zeros(len(rows), width, 4)
    spans = torch.zeros(len(rows), width, dtype=torch.bool)
    for number, said in enumerate(polarities):
        if said:
            shares[number, : len(said)] = torch.tensor(said)
            spans[number, : len(said)] = True
    return {"polarities": shares, "spans": spans}


def of_categories(rows: Sequence[Mapping[str, Any]], categories: int) -> dict[str, torch.Tensor]:
    """The part of `collate` for units and their categories."""
    width = max(len(row["units"]) for row in rows)
    units = torch.zeros(len(rows), width, dtype=torch.bool)
    about = torch.zeros(len(rows), width, categories, dtype=torch.bool)
    shares = torch.zeros(len(rows), width, categories, 4)
    for number, row in enumerate(rows):
        *spans, whole = row["units"]
        for place, said in (*enumerate(spans), (width - 1, whole)):
            units[number, place] = True
            for category, share in said.items():
                about[number, place, category] = True
                shares[number, place, category] = torch.tensor(share)
    return {"polarities": shares, "spans": about, "units": units}


def counts(batch: Mapping[str, Any], kinds: int) -> torch.Tensor:
    """The number of losses of each kind in a batch, in the order of `rows.KINDS`: words, spans, rated texts, units."""
    found = [batch[name].sum() for name in ("words", "spans", "rated", "units") if name in batch]
    return torch.stack(found)[:kinds]


def losses(network: Any, batch: Mapping[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """(losses, the kind of each), two tensors of equal length. `network` may be a wrapper."""
    tag, polarity, rating, *present = network(batch)
    words, spans, rated = batch["words"], batch["spans"], batch["rated"]
    each = [
        cross_entropy(tag.float()[words], batch["tags"][words], reduction="none"),
        -(batch["polarities"] * polarity.float().log_softmax(-1)).sum(-1)[spans],
        mse_loss(rating.float()[rated], batch["rating"][rated], reduction="none"),
    ]
    for odds in present:
        wanted, units = batch["spans"].float(), batch["units"]
        each.append(binary_cross_entropy_with_logits(odds.float(), wanted, reduction="none").sum(-1)[units])
    kinds = [torch.full((len(part),), kind, dtype=torch.long, device=part.device) for kind, part in enumerate(each)]
    return torch.cat(each), torch.cat(kinds)
