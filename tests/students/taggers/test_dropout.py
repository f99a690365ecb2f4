"""Dropout by bytes does what torch's does."""

from __future__ import annotations

import torch
from torch import nn

from aspectra.students.taggers.dropout import Dropout, quicken


def test_the_share_is_dropped_and_the_mean_stays() -> None:
    torch.manual_seed(1)
    layer = Dropout(0.1)
    some = torch.ones(333, 331)
    found = layer(some)
    share = (found == 0).float().mean().item()
    assert abs(share - 26 / 256) < 0.005
    assert abs(found.mean().item() - 1) < 0.01
    assert len(found.unique()) == 2
    rows, columns = (found == 0).float().mean(1), (found == 0).float().mean(0)
    assert rows.max() < 0.25 and columns.max() < 0.25, "no row or column is singled out"


def test_a_seed_draws_the_same_and_the_next_draw_is_another() -> None:
    layer, some = Dropout(0.5), torch.ones(64, 3)
    torch.manual_seed(7)
    one, other = layer(some), layer(some)
    torch.manual_seed(7)
    assert torch.equal(layer(some), one)
    assert not torch.equal(one, other)


def test_in_evaluation_and_without_a_share_nothing_changes() -> None:
    some = torch.randn(5, 7, dtype=torch.bfloat16)
    assert torch.equal(Dropout(0.1).eval()(some), some)
    assert torch.equal(Dropout(0.0)(some), some)
    assert Dropout(0.1)(some).dtype == torch.bfloat16
    assert Dropout(0.999)(some).isfinite().all()
    assert Dropout(0.1)(torch.empty(0, 4)).shape == (0, 4)


def test_gradients_pass_where_numbers_are_kept() -> None:
    some = torch.ones(1000, requires_grad=True)
    found = Dropout(0.25)(some)
    found.sum().backward()
    assert some.grad is not None and torch.equal(some.grad, found.detach())


def test_every_dropout_of_a_model_is_replaced_with_its_share() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.2), nn.Sequential(nn.Dropout(0.0)))
    quicken(model.eval())
    found = [module for module in model.modules() if isinstance(module, nn.Dropout)]
    assert [(type(each), each.p, each.training) for each in found] == [(Dropout, 0.2, False), (Dropout, 0.0, False)]
