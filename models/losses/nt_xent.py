"""NT-Xent: find the other view of a clip among all views of the batch (SimCLR, arXiv 2002.05709, Eq. 1)."""

import torch
from torch import Tensor
from torch.nn import functional


def nt_xent_loss(first_ND: Tensor, second_ND: Tensor, *, temperature: float) -> Tensor:
    """Return the mean over all 2N views of the cross-entropy against the 2N - 1 others.

    Row i of `first_ND` and of `second_ND` are two views of one clip; both are normalised here.
    """
    views = functional.normalize(torch.cat([first_ND, second_ND]), dim=1)
    itself = torch.eye(len(views), dtype=torch.bool, device=views.device)
    logits = (views @ views.T / temperature).masked_fill(itself, -torch.inf)
    partner = torch.arange(len(views), device=views.device).roll(len(first_ND))
    return functional.cross_entropy(logits, partner)
