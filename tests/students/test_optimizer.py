"""The RMS-scaled AdamW against its formula, step by step, and the learning rate at its marks."""

from __future__ import annotations

import math

import pytest
import torch

from aspectra.config import FinetuneConfig, PretrainConfig
from aspectra.presets import FINETUNE_PRESETS, PRETRAIN_PRESETS
from aspectra.students.optimizer import AdamWRms, create, learning_rate


def by_hand(weight: list[float], gradients: list[list[float]], rate: float, decay: float, eps: float) -> list[float]:
    """The formula of nanoT5's optimizer in plain numbers."""
    first, second = 0.9, 0.999
    mean, square = [0.0] * len(weight), [0.0] * len(weight)
    for t, gradient in enumerate(gradients, start=1):
        mean = [first * m + (1 - first) * g for m, g in zip(mean, gradient, strict=True)]
        square = [second * v + (1 - second) * g * g for v, g in zip(square, gradient, strict=True)]
        rms = math.sqrt(sum(w * w for w in weight) / len(weight))
        step = rate * max(1e-3, rms) * math.sqrt(1 - second**t) / (1 - first**t)
        weight = [w - step * m / (math.sqrt(v) + eps) for w, m, v in zip(weight, mean, square, strict=True)]
        weight = [w - rate * decay * w for w in weight]
    return weight


@pytest.mark.parametrize("start", [[0.5, -2.0, 1.0], [1e-5, -1e-5, 0.0]])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_rms_scaled_steps_are_those_of_the_formula(start: list[float], decay: float) -> None:
    gradients = [[0.1, -0.2, 0.3], [0.0, 0.5, -0.1], [-0.3, 0.01, 0.2]]
    weight = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimizer = AdamWRms([weight], lr=3e-3, eps=1e-6, weight_decay=decay)
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
    assert weight.tolist() == pytest.approx(by_hand(start, gradients, 3e-3, decay, 1e-6), rel=1e-9)


def test_its_state_goes_on_where_it_was() -> None:
    gradients = [torch.tensor([0.1, -0.4]), torch.tensor([0.3, 0.2])]
    whole, first, second = (torch.nn.Parameter(torch.tensor([1.0, 2.0])) for _ in range(3))
    straight, before = AdamWRms([whole], lr=0.01), AdamWRms([first], lr=0.01)
    for gradient in gradients:
        whole.grad = gradient.clone()
        straight.step()
    first.grad = gradients[0].clone()
    before.step()
    second.data.copy_(first.data)
    after = AdamWRms([second], lr=0.01)
    after.load_state_dict(before.state_dict())
    second.grad = gradients[1].clone()
    after.step()
    assert torch.equal(second, whole)


def test_biases_and_norms_do_not_decay() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.LayerNorm(3))
    optimizer = create(model, FinetuneConfig(weight_decay=0.01))
    sizes = {group["weight_decay"]: [p.ndim for p in group["params"]] for group in optimizer.param_groups}
    assert sizes == {0.01: [2], 0.0: [1, 1, 1]}


def test_paper_rate_starts_full_and_falls_to_the_final_one() -> None:
    config = PretrainConfig(**PRETRAIN_PRESETS["paper"])
    assert learning_rate(config, 0, 200_000) == 3e-3, "an empty warm-up must not halve the rate"
    assert learning_rate(config, 100_000, 200_000) == pytest.approx((3e-3 + 1e-5) / 2)
    assert learning_rate(config, 200_000, 200_000) == pytest.approx(1e-5)


def test_linear_rate_with_warmup() -> None:
    config = FinetuneConfig(learning_rate=1.0, schedule="linear", warmup_steps=3)
    assert [learning_rate(config, step, 7) for step in range(8)] == pytest.approx(
        [0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25, 0]
    )


def test_paper_presets_are_the_papers_facts() -> None:
    pretrain = PretrainConfig(**PRETRAIN_PRESETS["paper"])
    assert (pretrain.batch_size * pretrain.accumulation, pretrain.max_steps) == (100, 200_000)
    assert (pretrain.input_tokens, pretrain.answer_tokens, pretrain.newline_token) == (128, 400, True)
    assert (pretrain.optimizer, pretrain.weight_decay, pretrain.marker) == ("adamw_rms", 0.0, False)
    finetune = FinetuneConfig(**FINETUNE_PRESETS["paper"])
    assert (finetune.epochs, finetune.batch_size, finetune.learning_rate) == (20, 16, 3e-4)
    assert (finetune.weight_decay, finetune.adam_epsilon, finetune.max_new_tokens) == (0.01, 1e-6, 100)
    assert finetune.empty_answer == ""


def test_warm_up_may_be_a_share_of_the_steps() -> None:
    shared, counted = PretrainConfig(warmup_share=0.1), PretrainConfig(warmup_steps=10)
    assert [learning_rate(shared, n, 100) for n in range(100)] == [learning_rate(counted, n, 100) for n in range(100)]


def test_a_student_says_how_fast_a_weight_is_trained() -> None:
    layers = torch.nn.ModuleDict({"encoder": torch.nn.Linear(2, 2), "heads": torch.nn.Linear(2, 2)})
    config = PretrainConfig(learning_rate=1e-3, weight_decay=0.1)
    groups = create(layers, config, lambda name: "heads" in name).param_groups
    found = [(group["lr"], group["weight_decay"], sum(w.numel() for w in group["params"])) for group in groups]
    assert found == [(1e-3, 0.1, 4), (1e-2, 0.1, 4), (1e-3, 0.0, 2), (1e-2, 0.0, 2)]
