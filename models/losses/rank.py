"""Pairwise ranking losses: scores ordered as their targets."""

from typing import Literal

import torch
from torch import Tensor

Form = Literal["hinge", "scaled"]


def rank_loss(prediction: Tensor, target: Tensor, *, form: Form = "hinge") -> Tensor:
    """Compare all ordered pairs of two (B,) tensors; return a scalar.

    - `hinge`: max(0, 1 - (p_i - p_j) sign(y_i - y_j)), mean over pairs with y_i != y_j (dualpath Eq. 7
      sums over all pairs, where ties and each score with itself add a constant 1); 0 without such pairs;
    - `scaled`: R = max(0, (p_i - p_j) sign(y_j - y_i)), sum R / (B(B-1)) / (1 + max R), the form of
      FAST-VQA's code. Raises ValueError for fewer than two scores.
    """
    if len(prediction) < 2:
        raise ValueError(f"ranking needs at least 2 scores, got {len(prediction)}; raise the batch size")
    order = torch.sign(target[:, None] - target[None, :])
    agreement = (prediction[:, None] - prediction[None, :]) * order
    if form == "hinge":
        ranked = order != 0
        return (torch.relu(1 - agreement) * ranked).sum() / ranked.sum().clamp(min=1)
    violation = torch.relu(-agreement)
    return violation.sum() / (len(prediction) * (len(prediction) - 1)) / (1 + violation.max())
