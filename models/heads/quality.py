"""A map of quality from a grid of tokens."""

from torch import Tensor, nn


class VQAHead(nn.Module):
    """Score every token alone: dropout, 1x1x1 to `hidden`, GELU, dropout, 1x1x1 to one (FAST-VQA)."""

    def __init__(self, dim: int, *, hidden: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Dropout(dropout),
            nn.Conv3d(dim, hidden, 1),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Conv3d(hidden, 1, 1),
        )

    def forward(self, tokens_BCDHW: Tensor) -> Tensor:
        """Map (B, C, D, H, W) to quality (B, D, H, W); its mean is the clip's."""
        quality: Tensor = self.layers(tokens_BCDHW)
        return quality.squeeze(1)
