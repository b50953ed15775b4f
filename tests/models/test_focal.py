"""Focal loss fades on easy clips and is cross entropy when it does not."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from vqaprep.models.losses.focal import focal_loss


def _logits(p_true: float) -> Tensor:
    return torch.tensor([[1 - p_true, p_true]]).log()


@pytest.mark.parametrize(("p_true", "expected"), [(0.9, 0.00105361), (0.6, 0.08173210)])
def test_probability_worked_by_hand(p_true: float, expected: float) -> None:
    loss = focal_loss(_logits(p_true), torch.tensor([1]))
    torch.testing.assert_close(loss, torch.tensor(expected), rtol=1e-4, atol=0)


def test_class_weight_multiplies() -> None:
    loss = focal_loss(_logits(0.6), torch.tensor([1]), alpha=(0.75, 0.25))
    torch.testing.assert_close(loss, torch.tensor(0.08173210 * 0.25))


def test_without_focus_it_is_cross_entropy() -> None:
    logits, label = torch.randn(5, 3, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 1, 2, 2, 1])
    torch.testing.assert_close(focal_loss(logits, label, gamma=0), functional.cross_entropy(logits, label))
