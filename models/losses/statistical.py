"""The statistical contrastive loss of ST-VQRL, between versions of one scene.

Shapes: S scenes, K versions of a scene, N tokens of C features.
"""

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from .mvg import Gaussian, fit_gaussian, mvg_distance

Distance = Literal["statistical", "cosine"]


def statistical_contrastive_loss(
    first: Tensor,
    second: Tensor,
    *,
    temperature: float = 10.0,
    distance: Distance = "statistical",
    eps: float = 1e-4,
) -> Tensor:
    """Attract the two draws of each version, repel those of other versions of the same scene.

    `first` and `second` (S, K, N, C) are the tokens of the two draws. Scenes do not meet. `distance`
    `cosine` is the paper's ablation: one minus the cosine of the global representations, the mean tokens. Tokens
    at one place of two fragment draws show different pixels, so they are not compared one by one.
    """
    if distance == "cosine":
        return contrast(_cosine_distances(first, second), temperature)
    return contrast(_mvg_distances(first, second, eps), temperature).float()


def contrast(distances_SKK: Tensor, temperature: float) -> Tensor:
    """Sum both directions of the softmax over versions (ssl_vqa Eq. 2 and 3); mean over scenes.

    Row i, column j is the distance of the first draw of version i to the second draw of version j; the
    denominator runs over all j, the pair itself included.
    """
    logits = -distances_SKK / temperature
    pair = torch.arange(logits.shape[-1], device=logits.device).expand(logits.shape[:-1])
    forward = functional.cross_entropy(logits.flatten(0, 1), pair.flatten())
    backward = functional.cross_entropy(logits.mT.flatten(0, 1), pair.flatten())
    return forward + backward


def _mvg_distances(first: Tensor, second: Tensor, eps: float) -> Tensor:
    rows, columns = fit_gaussian(first), fit_gaussian(second)
    return mvg_distance(
        Gaussian(rows.mean[:, :, None], rows.covariance[:, :, None]),
        Gaussian(columns.mean[:, None], columns.covariance[:, None]),
        eps=eps,
    )


def _cosine_distances(first: Tensor, second: Tensor) -> Tensor:
    rows, columns = (tokens.float().mean(dim=-2) for tokens in (first, second))
    return 1 - functional.cosine_similarity(rows[:, :, None], columns[:, None], dim=-1)
