"""Contrastive loss of labelled pairs (Hadsell, Chopra, LeCun, CVPR 2006; SSL-V3 Eq. 8)."""

import torch
from torch import Tensor


def hadsell_loss(distance: Tensor, is_same: Tensor, *, margin: float = 2.0) -> Tensor:
    """Return the scalar (1/2N) sum of d^2 over same-class pairs and max(margin - d, 0)^2 over others.

    `distance` (N,) is Euclidean, `is_same` (N,) bool. With unit vectors a margin of 2 is the largest distance.
    """
    apart = (margin - distance).clamp(min=0)
    return distance.where(is_same, apart).square().mean() / 2


def derangement(size: int, *, device: torch.device) -> Tensor:
    """Draw a permutation that moves every index, where there is more than one."""
    circle = torch.randperm(size, device=device)
    partner = torch.empty_like(circle)
    partner[circle] = circle.roll(1)
    return partner
