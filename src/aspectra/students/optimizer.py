"""AdamW, plain or with its step scaled by the weight's size, and the schedule of the learning rate.

Called by `trainer`. Importing this module imports torch, so only workers import it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch

from aspectra.config import TrainingConfig

SMALLEST_RMS = 1e-3
QUICK = 10.0  # the learning rate of weights drawn at random, as a multiple of that of the others


class AdamWRms(torch.optim.Optimizer):
    """AdamW whose step is multiplied by max(RMS(weight), 1e-3), as Adafactor does (Shazeer & Stern 2018, section 8).

    One step of a weight w with gradient g, at learning rate r (the optimizer of nanoT5, which the paper trained with):

        m = b1 m + (1 - b1) g
        v = b2 v + (1 - b2) g^2
        w = w - r max(rms(w), 1e-3) sqrt(1 - b2^t) / (1 - b1^t) * m / (sqrt(v) + eps)
        w = w - r decay w

    Note that eps is added before the bias correction, unlike in torch's AdamW.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update of every weight that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            first, second = group["betas"]
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["mean"] = torch.zeros_like(weight)
                    state["square"] = torch.zeros_like(weight)
                state["step"] += 1
                time = state["step"].item()
                state["mean"].lerp_(weight.grad, 1 - first)
                state["square"].mul_(second).addcmul_(weight.grad, weight.grad, value=1 - second)
                correction = math.sqrt(1 - second**time) / (1 - first**time)
                # A tensor, not a number: asking a GPU for one value per weight would stall it.
                scale = (weight.norm() / math.sqrt(weight.numel())).clamp_min(SMALLEST_RMS)
                denominator = state["square"].sqrt().add_(group["eps"])
                weight.sub_(state["mean"] / denominator * (scale * (group["lr"] * correction)))
                if group["weight_decay"]:
                    weight.mul_(1 - group["lr"] * group["weight_decay"])
        return loss


def create(model: Any, config: TrainingConfig, fresh: Callable[[str], bool] = lambda _: False) -> torch.optim.Optimizer:
    """The configured optimizer over the trainable weights; biases and norms have no weight decay.

    `fresh` tells by its name whether a weight was drawn at random; such weights have a learning rate ten times as high.
    """
    groups: dict[tuple[bool, float], list[Any]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            groups.setdefault((decays(name, weight), QUICK if fresh(name) else 1.0), []).append(weight)
    parts = [
        {"params": weights, "weight_decay": config.weight_decay * decay, "lr": config.learning_rate * times}
        for (decay, times), weights in sorted(groups.items(), key=lambda each: (-each[0][0], each[0][1]))
    ]
    if config.optimizer == "adamw_rms":
        return AdamWRms(parts, lr=config.learning_rate, eps=config.adam_epsilon)
    return torch.optim.AdamW(parts, lr=config.learning_rate, eps=config.adam_epsilon, fused=True)


def decays(name: str, weight: Any) -> bool:
    """Whether weight decay applies: to matrices, but not to biases (T5's position biases are matrices)."""
    return weight.ndim >= 2 and "bias" not in name


def learning_rate(config: TrainingConfig, step: int, steps: int) -> float:
    """The rate of optimizer step `step` (from 0) of `steps`: linear warm-up, then constant, linear or cosine decay.

    The decay ends at `final_learning_rate` after the last step. Without warm-up the first step has the full rate.
    """
    peak, final = config.learning_rate, config.final_learning_rate
    warmup = config.warmup_steps or round(config.warmup_share * steps)
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    if config.schedule == "constant":
        return peak
    part = min(1.0, (step - warmup) / max(1, steps - warmup))
    share = 1 - part if config.schedule == "linear" else (1 + math.cos(math.pi * part)) / 2
    return final + (peak - final) * share


def schedule(optimizer: torch.optim.Optimizer, config: TrainingConfig, steps: int) -> Any:
    """A torch scheduler that follows `learning_rate`."""
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate(config, step, steps) / config.learning_rate
    )
