"""A tagger as one graph: token ids in; spans, polarities, vectors out. Importing this module imports torch.

Called by `convert`. The network's own heads are traced, so their decisions are not implemented twice.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import pad

from aspectra.quiet import quiet
from aspectra.readers.taggers.signature import AS_TAGGED, INPUTS, OUTPUTS, outputs
from aspectra.students.taggers.network import Network, spans_of
from aspectra.students.taggers.spans import INSIDE

OPSET = 18
NEVER = -100.0  # stands for log 0; unlike minus infinity it never makes NaN


class Graph(nn.Module):
    """The network with softmax and span decoding. Inputs and outputs are those of `signature`."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, ids: torch.Tensor, mask: torch.Tensor, first: torch.Tensor, word_of: torch.Tensor, given: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """The outputs of `signature.outputs`, in order."""
        network = self.network
        states = network.states(ids, mask)
        tags = network.tag_logits(states, first.clamp_min(0)).softmax(-1)
        number = torch.where(given == AS_TAGGED, spans_of(tags.argmax(-1), first >= 0), given)
        count: Any = number.max().clamp_min(0) + 1  # a tensor, because a number would be frozen in the trace
        inside = number.gather(1, word_of.clamp_min(0))
        span_of = torch.where(word_of >= 0, inside, torch.full_like(inside, -1))
        if network.heads.categories is None:
            said: tuple[torch.Tensor, ...] = (network.polarity_logits(states, span_of, count).softmax(-1),)
        else:
            about, judged = network.category_logits(states, mask, span_of, count)
            said = (about.sigmoid(), judged.softmax(-1))
        words = (number[:, None, :] == torch.arange(count)[None, :, None]).to(states.dtype)
        further = pad(torch.where(first >= 0, tags[..., INSIDE], torch.zeros_like(tags[..., 0]))[:, 1:], (0, 1))
        ends = words * (1 - pad(words[..., 1:], (0, 1)))
        each, end = tags.amax(-1).log(), (1 - further).log().clamp_min(NEVER)
        sure = (words @ each[..., None] + ends @ end[..., None])[..., 0].exp()
        tokens = (span_of[:, None, :] == torch.arange(count)[None, :, None]).to(states.dtype)
        vectors = tokens @ states / tokens.sum(-1, keepdim=True).clamp_min(1)
        return number, sure, *said, tags, vectors


def write(network: Network, file: Path) -> None:
    """Write the graph in 32-bit floats, and put the network in evaluation mode. All axes are dynamic."""
    ids = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 1, 0]])
    first = torch.tensor([[1, 2, 3], [1, 2, -1]])
    word_of = torch.tensor([[-1, 0, 1, 2, -1], [-1, 0, 1, -1, -1]])
    example = (ids, (ids > 0).long(), first, word_of, torch.tensor([[0, 1, 1], [-1, -1, -1]]))
    named = outputs(network.heads.categories is not None)
    encoder: Any = network.encoder
    before = encoder.config._attn_implementation
    encoder.set_attn_implementation("eager")
    try:
        with quiet(), warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracer's warnings about shapes
            torch.onnx.export(
                Graph(network).eval(),
                example,
                str(file),
                input_names=list(INPUTS),
                output_names=named,
                dynamic_axes={name: dict(enumerate((INPUTS | OUTPUTS)[name])) for name in (*INPUTS, *named)},
                opset_version=OPSET,
                dynamo=False,
            )
    finally:
        encoder.set_attn_implementation(before)
