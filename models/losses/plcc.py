"""Losses from Pearson's linear correlation of a batch of scores."""

from typing import Literal

import torch
from torch import Tensor

Form = Literal["literal", "fastvqa", "log"]


def plcc_loss(prediction: Tensor, target: Tensor, *, form: Form = "literal", eps: float = 1e-8) -> Tensor:
    """Turn the correlation rho of two (B,) tensors into a scalar loss, 0 at rho = 1.

    - `literal`: (1 - rho)/2, as the papers print it (pace_vqa Eq. 11, ssl_vqa);
    - `fastvqa`: (1 - rho)(3 + rho)/8, what the mean of MSE(p, y)/4 and MSE(rho p, y)/4 over z-scores,
      the form of FAST-VQA's code, comes to;
    - `log`: log(1 - rho + eps), the form of SelfVQA's code; its floor is log(eps), not 0.

    Constant scores count as uncorrelated. Raises ValueError for fewer than two scores or other shapes.
    """
    rho = pearson(prediction, target, eps=eps)
    if form == "literal":
        return (1 - rho) / 2
    if form == "fastvqa":
        return (1 - rho) * (3 + rho) / 8
    return torch.log(1 - rho + eps)


def pearson(prediction: Tensor, target: Tensor, *, eps: float = 1e-8) -> Tensor:
    """Correlate two (B,) tensors, in float32 at least; `eps` is the least standard deviation."""
    if prediction.shape != target.shape or prediction.ndim != 1 or len(prediction) < 2:
        raise ValueError(
            f"correlation of shapes {tuple(prediction.shape)} and {tuple(target.shape)}: it needs two equal "
            "one-dimensional batches of at least 2 scores; raise the batch size or drop the last batch"
        )
    dtype = torch.promote_types(torch.promote_types(prediction.dtype, target.dtype), torch.float32)
    p, y = prediction.to(dtype), target.to(dtype)
    p, y = p - p.mean(), y - y.mean()
    # eps inside the root: the gradient of a bare standard deviation of equal scores is NaN
    spread = torch.sqrt(p.square().mean() + eps**2) * torch.sqrt(y.square().mean() + eps**2)
    return (p * y).mean() / spread
