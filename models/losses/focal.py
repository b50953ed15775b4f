"""Focal loss: cross entropy that fades on what is already classified well (arXiv 1708.02002, Eq. 4 and 5)."""

import torch
from torch import Tensor


def focal_loss(logits: Tensor, label: Tensor, *, gamma: float = 2.0, alpha: tuple[float, ...] | None = None) -> Tensor:
    """Return the scalar mean of -alpha_t (1 - p_t)^gamma log p_t, p_t the probability of the true class.

    `logits` (B, C), `label` (B,) int64. `alpha` weighs each class, None all alike.
    """
    log_p = logits.log_softmax(dim=1).gather(1, label[:, None])[:, 0]
    loss = -(1 - log_p.exp()).pow(gamma) * log_p
    if alpha is not None:
        loss = loss * torch.tensor(alpha, dtype=loss.dtype, device=loss.device)[label]
    return loss.mean()
