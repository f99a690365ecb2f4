"""The training objective: L = sum_k w_k L_k over the kinds of what a student learns.

Each L_k is the mean over the losses of kind k (a writer has one for each answer token) in the whole effective batch:
all accumulated batches of all processes. Called by `trainer`, and by `pretrain` for the held-out loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from aspectra.errors import UserError, unknown
from aspectra.machine import autocast
from aspectra.students.batches import cut
from aspectra.students.crew import Crew
from aspectra.students.student import Rows, Student

Weights = str | Mapping[str, float]


def weigh(weights: Weights, kinds: Sequence[str]) -> list[float] | None:
    """The w_k in the order of the kinds; None for `proportional`, which depends on each batch.

    `equal` is one over the number of kinds. Numbers are used as they are. Raises UserError if a weight has no kind, or
    a kind has no weight.
    """
    if weights == "proportional":
        return None
    if weights == "equal":
        return [1 / len(kinds)] * len(kinds)
    assert isinstance(weights, Mapping)
    for kind in weights:
        if kind not in kinds:
            raise unknown("kind in weights", kind, kinds)
    missing = [kind for kind in kinds if kind not in weights]
    if missing:
        raise UserError(f"`weights` has no number for the kind {missing[0]}; write one for each of: {', '.join(kinds)}")
    return [float(weights[kind]) for kind in kinds]


def coefficients(weights: Sequence[float] | None, counts: torch.Tensor) -> torch.Tensor:
    """The factor of one loss of each kind: w_k / N_k, where N_k (`counts`) is the number of losses of that kind.

    With `proportional` weights w_k = N_k / N, so the factor is 1 / N for all: the mean over all losses. A kind that is
    absent from the effective batch adds nothing.
    """
    counts = counts.float()
    if weights is None:
        return torch.ones_like(counts) / counts.sum().clamp_min(1)
    return torch.tensor(weights, device=counts.device) / counts.clamp_min(1)


def by_kind(values: torch.Tensor, kinds: torch.Tensor, number: int) -> torch.Tensor:
    """Sums of values by kind, a tensor of `number` elements that keeps the gradient."""
    return torch.zeros(number, device=values.device, dtype=values.dtype).index_add(0, kinds, values)


def held_out(
    student: Student,
    rows: Rows,
    batch_size: int,
    bf16: bool,
    crew: Crew | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> dict[str, float]:
    """Mean loss of each kind that the rows have, in nats. The processes share the work.

    `tick` gets the number of rows that this process has done.
    """
    crew = crew or Crew()
    model, place = student.model, student.model.device
    sums = torch.zeros(2, len(rows.kinds), dtype=torch.float64, device="cpu" if place.type == "mps" else place)
    lengths = rows.lengths()
    order = sorted(range(len(rows)), key=lambda i: -lengths[i])
    batches = cut(order, -(-len(order) // batch_size)) if order else []
    was_training = model.training
    model.eval()
    with torch.inference_mode(), autocast(place.type, bf16):
        for batch in batches[crew.rank :: crew.processes]:
            inputs = {name: value.to(place) for name, value in student.collate([rows[i] for i in batch]).items()}
            losses, kinds = student.losses(model, inputs)
            pair = torch.stack([losses, torch.ones_like(losses)])
            sums += torch.stack([by_kind(line, kinds, len(rows.kinds)) for line in pair]).to(sums)
            tick(len(batch))
    model.train(was_training)
    total = crew.total(sums)
    return {kind: float(total[0, i] / total[1, i]) for i, kind in enumerate(rows.kinds) if total[1, i] > 0}
