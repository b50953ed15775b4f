"""SlowFast: motion from a slow path of few frames and a narrow fast path of all frames (arXiv 1812.03982).

Modules are named as in pytorchvideo's `slowfast_r50`, so that its published weights load by name.
Shapes: B batch, C channels, T frames, H W pixels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

Paths = tuple[Tensor, Tensor]

# The slow path sees one frame in four; the fast path has an eighth of its channels.
_ALPHA, _BETA = 4, 8


@dataclass(frozen=True)
class SlowFastSettings:
    """Sizes of a SlowFast ResNet; the defaults are R50 8x8.

    `layers` are the blocks per stage, `width` the channels of the slow stem, a multiple of 8.
    """

    layers: tuple[int, int, int, int] = (3, 4, 6, 3)
    width: int = 64

    @property
    def out_dim(self) -> int:
        """Features of both paths together."""
        return 32 * self.width + 32 * self.width // _BETA


class SlowFast(nn.Module):
    """SlowFast without its classifier: a clip to its mean slow and fast features."""

    def __init__(self, settings: SlowFastSettings) -> None:
        super().__init__()
        slow_in = settings.width
        stems: list[nn.Module] = [_Stem(slow_in, 1), _Stem(slow_in // _BETA, 5)]
        self.blocks = nn.ModuleList([_Level(stems, fuse_dim=slow_in // _BETA)])
        for stage, depth in enumerate(settings.layers):
            slow_out = 4 * settings.width << stage
            slow = _Stage(slow_in + 2 * slow_in // _BETA, slow_out, depth, time=3 if stage > 1 else 1, stage=stage)
            fast = _Stage(slow_in // _BETA, slow_out // _BETA, depth, time=3, stage=stage)
            is_last = stage == len(settings.layers) - 1
            self.blocks.append(_Level([slow, fast], fuse_dim=None if is_last else slow_out // _BETA))
            slow_in = slow_out

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Map a normalised clip (B, 3, T, H, W) to features (B, slow + fast)."""
        num_frames = clip_BCTHW.shape[2]
        num_slow = -(-num_frames // _ALPHA)
        chosen = torch.linspace(0, num_frames - 1, num_slow, device=clip_BCTHW.device).long()
        paths = (clip_BCTHW[:, :, chosen], clip_BCTHW)
        for level in self.blocks:
            paths = level(paths)
        return torch.cat([path.mean(dim=(2, 3, 4)) for path in paths], dim=1)


class _Level(nn.Module):
    """One stage of both paths; where `fuse_dim` is given, the slow path takes in the fast one after it."""

    def __init__(self, paths: list[nn.Module], *, fuse_dim: int | None) -> None:
        super().__init__()
        self.multipathway_blocks = nn.ModuleList(paths)
        self.multipathway_fusion = None if fuse_dim is None else _Fusion(fuse_dim)

    def forward(self, paths: Paths) -> Paths:
        slow, fast = (block(path) for block, path in zip(self.multipathway_blocks, paths, strict=True))
        return (slow, fast) if self.multipathway_fusion is None else self.multipathway_fusion((slow, fast))


class _Fusion(nn.Module):
    """Bring the fast path to the slow path's rate and append it."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.conv_fast_to_slow = _conv(dim, 2 * dim, (7, 1, 1), stride=(_ALPHA, 1, 1))
        self.norm = nn.BatchNorm3d(2 * dim)

    def forward(self, paths: Paths) -> Paths:
        slow, fast = paths
        return torch.cat([slow, torch.relu(self.norm(self.conv_fast_to_slow(fast)))], dim=1), fast


class _Stem(nn.Module):
    """A quarter of the height and width: convolution of stride 2, then pooling of stride 2."""

    def __init__(self, dim: int, time: int) -> None:
        super().__init__()
        self.conv = _conv(3, dim, (time, 7, 7), stride=(1, 2, 2))
        self.norm = nn.BatchNorm3d(dim)
        self.pool = nn.MaxPool3d((1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        pooled: Tensor = self.pool(torch.relu(self.norm(self.conv(clip_BCTHW))))
        return pooled


class _Stage(nn.Module):
    """Residual blocks; all stages but the first halve height and width in their first block."""

    def __init__(self, dim: int, out_dim: int, depth: int, *, time: int, stage: int) -> None:
        super().__init__()
        self.res_blocks = nn.Sequential(
            *(
                _Residual(out_dim if index else dim, out_dim, time=time, stride=1 if index or not stage else 2)
                for index in range(depth)
            )
        )

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        out: Tensor = self.res_blocks(x_BCTHW)
        return out


class _Residual(nn.Module):
    """A bottleneck and its shortcut, which is a convolution where the shape changes."""

    def __init__(self, dim: int, out_dim: int, *, time: int, stride: int) -> None:
        super().__init__()
        is_reshaped = dim != out_dim or stride != 1
        self.branch1_conv = _conv(dim, out_dim, (1, 1, 1), stride=(1, stride, stride)) if is_reshaped else None
        self.branch1_norm = nn.BatchNorm3d(out_dim) if is_reshaped else None
        self.branch2 = _Bottleneck(dim, out_dim, time=time, stride=stride)

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        shortcut = x_BCTHW
        if self.branch1_conv is not None and self.branch1_norm is not None:
            shortcut = self.branch1_norm(self.branch1_conv(x_BCTHW))
        return torch.relu(shortcut + self.branch2(x_BCTHW))


class _Bottleneck(nn.Module):
    """Over time, over space, and back to full width."""

    def __init__(self, dim: int, out_dim: int, *, time: int, stride: int) -> None:
        super().__init__()
        inner = out_dim // 4
        self.conv_a = _conv(dim, inner, (time, 1, 1))
        self.norm_a = nn.BatchNorm3d(inner)
        self.conv_b = _conv(inner, inner, (1, 3, 3), stride=(1, stride, stride))
        self.norm_b = nn.BatchNorm3d(inner)
        self.conv_c = _conv(inner, out_dim, (1, 1, 1))
        self.norm_c = nn.BatchNorm3d(out_dim)

    def forward(self, x_BCTHW: Tensor) -> Tensor:
        x = torch.relu(self.norm_a(self.conv_a(x_BCTHW)))
        x = torch.relu(self.norm_b(self.conv_b(x)))
        out: Tensor = self.norm_c(self.conv_c(x))
        return out


def _conv(
    dim: int, out_dim: int, kernel: tuple[int, int, int], *, stride: tuple[int, int, int] = (1, 1, 1)
) -> nn.Conv3d:
    """Convolve without bias, padded so that stride alone changes the size."""
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return nn.Conv3d(dim, out_dim, kernel, stride=stride, padding=padding, bias=False)
