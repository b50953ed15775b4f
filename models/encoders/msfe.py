"""Multi-scale feature encoder of source 001: 3-D stem, ResNet-50 pyramid, SimAM, windowed attention.

Shapes: B batch, T H W frames and pixels, D pseudo-frames the stem leaves, N = B*D pictures, C channels, G grid.
"""

from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..torchvision_guard import import_torchvision
from .simam import simam

_WINDOW = 4


@dataclass(frozen=True)
class MSFESettings:
    """Sizes of the encoder.

    - `stem_stride`: frames from one pseudo-frame to the next; each looks at 8. 16 frames give 2 at
      stride 8, 3 at stride 4.
    - `ms_levels`: the levels of the pyramid. `c2c5` are the last four stages, as the paper says; `c1c4`
      replaces the last by the stem's half-size output, as its code does; `c4` is the ablation without
      a pyramid.
    - `resnet_depths`: bottleneck blocks per stage; the default is ResNet-50.
    - `level_dim`: channels of one pyramid level; the attention is four times as wide.
    - `grid`: height and width the levels are pooled to, a multiple of the window (4).
    - `drop_path` rises from 0 at the first attention block to this at the last.

    Raises ValueError when `grid` leaves a remainder.
    """

    stem_stride: int = 8
    ms_levels: Literal["c2c5", "c1c4", "c4"] = "c2c5"
    resnet_depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    level_dim: int = 64
    grid: int = 28
    heads: tuple[int, ...] = (2, 4)
    feature_dim: int = 128
    drop_path: float = 0.1
    dropout: float = 0.1

    def __post_init__(self) -> None:
        """Refuse a grid that windows do not tile."""
        if self.grid % _WINDOW:
            raise ValueError(f"grid {self.grid} is not a multiple of the window {_WINDOW}; try 28")


class MSFE(nn.Module):
    """Map a clip to one feature."""

    def __init__(self, settings: MSFESettings) -> None:
        super().__init__()
        dim = 4 * settings.level_dim
        self.stem = nn.Conv3d(3, 3, (8, 3, 3), stride=(settings.stem_stride, 1, 1), padding=(0, 1, 1))
        self.pyramid = Pyramid(settings)
        self.dropout = nn.Dropout(settings.dropout)
        self.swin = WindowEncoder(dim, settings.heads, drop_path=settings.drop_path)
        self.reduce = nn.Sequential(nn.Linear(dim, settings.feature_dim), nn.Dropout(settings.dropout))

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Return features (B, `feature_dim`) of a normalised clip (B, 3, T, H, W) of 8 frames or more."""
        pseudo_frames = self.stem(clip_BCTHW).transpose(1, 2)
        maps = self.pyramid(pseudo_frames.flatten(0, 1))
        pooled = self.swin(self.dropout(maps)).mean(dim=(2, 3))
        reduced = self.reduce(pooled)
        feature: Tensor = reduced.reshape(*pseudo_frames.shape[:2], reduced.shape[1]).mean(dim=1)
        return feature


class Pyramid(nn.Module):
    """ResNet stages joined top-down (FPN), each pooled to the grid and weighed by SimAM.

    `resnet` has the parameter names of torchvision's ResNet-50, so its ImageNet weights load into it.
    """

    def __init__(self, settings: MSFESettings) -> None:
        super().__init__()
        self.levels = settings.ms_levels
        self.grid = settings.grid
        self.resnet = _resnet(settings.resnet_depths, has_last_stage=self.levels == "c2c5")
        width = settings.level_dim
        inputs = {"c2c5": (256, 512, 1024, 2048), "c1c4": (64, 256, 512, 1024), "c4": (1024,)}[self.levels]
        outputs = 4 * width if self.levels == "c4" else width
        self.laterals = nn.ModuleList(nn.Conv2d(channels, outputs, 1) for channels in inputs)

    def forward(self, frames_NCHW: Tensor) -> Tensor:
        """Return maps (N, 4 * `level_dim`, G, G), the coarsest level first."""
        stages = self._stages(frames_NCHW)
        if self.levels == "c4":
            only: Tensor = self.laterals[0](simam(self._pool(stages[0])))
            return only
        merged = self.laterals[-1](stages[-1])
        pooled = [self._pool(merged)]
        for lateral, stage in zip(list(self.laterals)[-2::-1], stages[-2::-1], strict=True):
            merged = lateral(stage) + functional.interpolate(merged, size=stage.shape[2:])
            pooled.append(self._pool(merged))
        return simam(torch.cat(pooled, dim=1))

    def _stages(self, frames_NCHW: Tensor) -> list[Tensor]:
        """Return the stages that `levels` names, finest first."""
        net = self.resnet
        stages = [net.relu(net.bn1(net.conv1(frames_NCHW)))]
        x = net.maxpool(stages[0])
        for stage in (net.layer1, net.layer2, net.layer3, net.layer4):
            x = stage(x)
            stages.append(x)
        return {"c2c5": stages[1:], "c1c4": stages[:4], "c4": stages[3:4]}[self.levels]

    def _pool(self, maps_NCHW: Tensor) -> Tensor:
        return functional.adaptive_avg_pool2d(maps_NCHW, self.grid)


class WindowEncoder(nn.Module):
    """2-D Swin layers of one width; 0.8 of what a layer gives is added to its input."""

    def __init__(self, dim: int, heads: tuple[int, ...], *, drop_path: float) -> None:
        super().__init__()
        rates = torch.linspace(0, drop_path, 2 * len(heads), device="cpu").tolist()
        self.layers = nn.ModuleList(
            _window_layer(dim, num_heads, drop_paths=rates[2 * index : 2 * index + 2])
            for index, num_heads in enumerate(heads)
        )

    def forward(self, maps_NCHW: Tensor) -> Tensor:
        """Map (N, C, G, G) to the same shape."""
        for layer in self.layers:
            maps_NCHW = maps_NCHW + 0.8 * layer(maps_NCHW)
        return maps_NCHW


def _window_layer(dim: int, heads: int, *, drop_paths: list[float]) -> nn.Sequential:
    """Build a block of plain and one of shifted windows, then a 3x3 convolution."""
    block = import_torchvision().models.swin_transformer.SwinTransformerBlock
    plain, shifted = (
        block(dim, heads, [_WINDOW] * 2, [shift] * 2, mlp_ratio=1.0, stochastic_depth_prob=rate)
        for shift, rate in zip((0, _WINDOW // 2), drop_paths, strict=True)
    )
    permute = import_torchvision().ops.Permute
    convolve = nn.Conv2d(dim, dim, 3, padding=1)
    return nn.Sequential(permute([0, 2, 3, 1]), plain, shifted, permute([0, 3, 1, 2]), convolve, nn.ReLU())


def _resnet(depths: tuple[int, int, int, int], *, has_last_stage: bool) -> Any:
    """Build torchvision's bottleneck ResNet without what comes after the last stage that is used."""
    resnet = import_torchvision().models.resnet
    network = resnet.ResNet(resnet.Bottleneck, list(depths))
    network.fc = nn.Identity()
    if not has_last_stage:
        network.layer4 = nn.Identity()
    return network
