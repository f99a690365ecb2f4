"""The log likelihoods of several given continuations of one begun answer, in batches.

A batch is one forward pass, for any number of continuations (`Form.likelihoods`). Called by `aspectra.readers.writers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aspectra.students.writers.stems import Stem
from aspectra.students.writers.writer import Writer


def log_likelihoods(
    writer: Writer,
    stems: Sequence[Stem],
    batch_size: int = 8,
    tick: Callable[[int], None] = lambda _: None,
) -> list[list[float]]:
    """For each stem, the natural log of the probability of each continuation, given input and begun answer.

    Stems are batched by length; padding and neighbors change nothing. `tick` gets the number done. Raises UserError for
    a causal model with layers other than attention.
    """
    import torch

    writer.form.check(writer.model)
    writer.model.eval()
    order = sorted(range(len(stems)), key=lambda i: -stems[i].length)
    found: list[list[float]] = [[] for _ in stems]
    with torch.inference_mode():
        for first in range(0, len(order), batch_size):
            batch = order[first : first + batch_size]
            scored = writer.form.likelihoods(writer.model, writer.tokenizer.pad_token_id, [stems[i] for i in batch])
            for i, scores in zip(batch, scored, strict=True):
                found[i] = scores
            tick(len(batch))
    return found
