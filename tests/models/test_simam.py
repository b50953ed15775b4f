"""SimAM weighs a pixel by how far it stands out of its own channel."""

import torch

from vqaprep.models.encoders.simam import simam


def test_four_pixels_worked_by_hand() -> None:
    weighed = simam(torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]]))
    torch.testing.assert_close(weighed, torch.tensor([[[[0.0, 0.63123], [1.26246, 2.09380]]]]), atol=1e-5, rtol=0)


def test_channels_do_not_see_each_other() -> None:
    x = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(simam(x)[:, 1:2], simam(x[:, 1:2]))
