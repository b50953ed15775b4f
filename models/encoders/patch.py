"""Cut a clip into 3-D patches and halve the token grid between stages.

Shapes: B batch, T H W frames and pixels (or D H W tokens), C channels.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

Size3 = tuple[int, int, int]


class PatchEmbed3D(nn.Module):
    """Embed non-overlapping patches: one convolution with kernel = stride, then a layer norm."""

    def __init__(self, dim: int, patch: Size3) -> None:
        super().__init__()
        self.patch = patch
        self.project = nn.Conv3d(3, dim, kernel_size=patch, stride=patch)
        self.norm = nn.LayerNorm(dim)

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Return tokens (B, D, H, W, C); the end of each axis is padded with zeros to whole patches."""
        _, _, frames, height, width = clip_BCTHW.shape
        clip_BCTHW = functional.pad(clip_BCTHW, padding((frames, height, width), self.patch))
        tokens: Tensor = self.norm(self.project(clip_BCTHW).permute(0, 2, 3, 4, 1))
        return tokens


class PatchMerging(nn.Module):
    """Join each 2x2 spatial neighbourhood: 4C channels, layer norm, linear to 2C. Time is kept."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.reduce = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x_BDHWC: Tensor) -> Tensor:
        """Map (B, D, H, W, C) to (B, D, ceil(H/2), ceil(W/2), 2C)."""
        _, depth, height, width, _ = x_BDHWC.shape
        x = functional.pad(x_BDHWC, (0, 0, *padding((depth, height, width), (1, 2, 2))))
        corners = [x[:, :, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        merged: Tensor = self.reduce(self.norm(torch.cat(corners, dim=-1)))
        return merged


def padding(size: Size3, multiple: Size3) -> tuple[int, int, int, int, int, int]:
    """Give what `torch.nn.functional.pad` needs to fill three axes up to whole multiples at their ends."""
    depth, height, width = (-length % unit for length, unit in zip(size, multiple, strict=True))
    return 0, width, 0, height, 0, depth
