"""Multi-branch classifier: parallel perceptrons on one feature, their logits averaged (after arXiv 2304.05292)."""

import torch
from torch import Tensor, nn


class MultiBranch(nn.Module):
    """Average `num_branches` perceptrons; with one it is a plain perceptron.

    The paper names the classifier without describing it; the branches here are our reading.
    """

    def __init__(self, dim: int, num_classes: int, *, num_branches: int = 3, dropout: float = 0.1) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(dim),
                nn.Linear(dim, dim),
                nn.GELU(),
                nn.Dropout(dropout),
                nn.Linear(dim, num_classes),
            )
            for _ in range(num_branches)
        )

    def forward(self, feature_BD: Tensor) -> Tensor:
        """Return logits (B, C)."""
        return torch.stack([branch(feature_BD) for branch in self.branches]).mean(dim=0)
