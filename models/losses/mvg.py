"""Distance between two sets of features, each seen as a multivariate Gaussian (NIQE, ssl_vqa Eq. 1).

Shapes: N samples (tokens) of C features; leading dimensions broadcast. All of it runs in float64: the
covariance of about as many tokens as features is too ill-conditioned for less.
"""

from typing import NamedTuple

import torch
from torch import Tensor


class Gaussian(NamedTuple):
    """Mean (..., C) and unbiased covariance (..., C, C), float64."""

    mean: Tensor
    covariance: Tensor


def fit_gaussian(tokens_NC: Tensor) -> Gaussian:
    """Fit (..., N, C) tokens; raises ValueError for fewer than two."""
    num_tokens = tokens_NC.shape[-2]
    if num_tokens < 2:
        raise ValueError(f"a covariance needs at least 2 tokens, got {num_tokens}; use a larger clip")
    tokens = tokens_NC.double()
    mean = tokens.mean(dim=-2)
    centred = tokens - mean[..., None, :]
    return Gaussian(mean, centred.mT @ centred / (num_tokens - 1))


def mvg_distance(first: Gaussian, second: Gaussian, *, eps: float = 1e-4) -> Tensor:
    """Return sqrt((m1-m2)' ((S1+S2)/2 + eps I)^-1 (m1-m2)), float64, over the leading dimensions.

    The root is of the square plus 1e-12, so that its gradient stays finite where the means coincide.
    """
    covariance = (first.covariance + second.covariance) / 2
    ridge = eps * torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    factor = torch.linalg.cholesky(covariance + ridge)
    difference = (first.mean - second.mean)[..., None]
    whitened = torch.linalg.solve_triangular(factor, difference, upper=False)
    return torch.sqrt(whitened.square().sum(dim=(-2, -1)) + 1e-12)
