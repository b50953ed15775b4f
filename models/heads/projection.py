"""The projection that contrastive losses compare clips in (MoCo v2, SimCLR)."""

from torch import Tensor, nn
from torch.nn import functional


class Projection(nn.Module):
    """Pool a feature map and bring it through one hidden layer of its own width onto the unit sphere."""

    def __init__(self, dim_in: int, dim: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(dim_in, dim_in), nn.ReLU(inplace=True), nn.Linear(dim_in, dim))

    def forward(self, features_BCTHW: Tensor) -> Tensor:
        """Return unit vectors (B, dim)."""
        return functional.normalize(self.layers(features_BCTHW.mean(dim=(2, 3, 4))), dim=1)
