"""The pair loss pulls what is alike and pushes the rest only up to the margin."""

import torch

from vqaprep.models.losses.hadsell import hadsell_loss


def test_three_pairs_worked_by_hand() -> None:
    loss = hadsell_loss(torch.tensor([0.5, 1.0, 3.0]), torch.tensor([True, False, False]))
    torch.testing.assert_close(loss, torch.tensor(0.2083333))


def test_strangers_beyond_the_margin_feel_nothing() -> None:
    distance = torch.tensor([0.5, 1.5], requires_grad=True)
    (grad,) = torch.autograd.grad(hadsell_loss(distance, torch.tensor([False, False]), margin=1.0), distance)
    assert grad[0] < 0
    assert grad[1] == 0
