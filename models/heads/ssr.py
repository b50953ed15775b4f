"""Sequence Score Regressor: one quality score per sequence of a clip (SSL-V3, Eq. 1)."""

from torch import Tensor, nn


class SequenceScore(nn.Module):
    """Weigh the features of a sequence by what the sequence itself finds telling, and add them up."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.weigh = nn.Linear(dim, dim)

    def forward(self, features_BnD: Tensor) -> Tensor:
        """Return scores (B, n): s_i = sum_j w_ij f_ij with w_i = softmax over the D features of W f_i + b."""
        weights: Tensor = self.weigh(features_BnD).softmax(dim=-1)
        return (weights * features_BnD).sum(dim=-1)
