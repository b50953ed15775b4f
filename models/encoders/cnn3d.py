"""Three-dimensional convolutional networks for clips: C3D with batch norm, R3D and R(2+1)D.

Shapes: a clip is (B, 3, T, H, W); w is the width of the first layer, 64 in the papers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from .._precision import full_precision

CNN3DName = Literal["c3d", "r3d_10", "r3d_18", "r2plus1d_10", "r2plus1d_18"]


class CNN3D(nn.Module):
    """Map a clip to (B, 8w, T/8, H/16, W/16), by default 512x2x7x7 from 16 frames of 112x112.

    - `c3d`: eight 3x3x3 convolutions, without the fully connected layers (Tran et al. 2015).
    - `r3d`, `r2plus1d`: residual networks of 10 or 18 layers (Tran et al. 2018), whole or factorised
      into space then time. `r2plus1d_10` factorises every convolution by its own channels, as the
      networks of clip-order prediction (Xu et al. 2019) and pace prediction (Wang et al. 2020) do;
      `r3d_18` and `r2plus1d_18` are torchvision's.
    """

    def __init__(self, name: CNN3DName, *, width: int = 64) -> None:
        super().__init__()
        plan = _PLANS[name]
        self.stem = plan.stem(width)
        stages, channels_in = [], width
        for multiple, num_blocks, stride in zip(plan.multiples, plan.num_blocks, (1, 2, 2, 2), strict=True):
            channels = multiple * width
            blocks = [plan.block(channels_in, channels, stride)]
            blocks += [plan.block(channels, channels, 1) for _ in range(num_blocks - 1)]
            stages.append(nn.Sequential(*blocks))
            channels_in = channels
        self.stages = nn.Sequential(*stages)
        self.dim = channels_in
        self.apply(_initialize)

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the last feature map."""
        features: Tensor = self.stages(self.stem(clip_BCTHW))
        return features


class _Conv3d(nn.Conv3d):
    """A convolution whose gradient is right also under mixed precision on a CPU.

    oneDNN's bfloat16 gradient of the weights is not defined when there are fewer frames than the
    kernel is long (torch 2.13: it differs from call to call and may be NaN); such a layer keeps float32.
    """

    def forward(self, features: Tensor) -> Tensor:
        is_mixed = features.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if is_mixed and 1 < features.shape[2] < self.kernel_size[0]:
            with full_precision(features.device):
                return super().forward(features.to(self.weight.dtype))
        return super().forward(features)


class _Residual(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, first: nn.Module, second: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.first = nn.Sequential(first, nn.ReLU(inplace=True))
        self.second = second
        self.shortcut = shortcut
        self.relu = nn.ReLU(inplace=True)

    def forward(self, features: Tensor) -> Tensor:
        result: Tensor = self.relu(self.second(self.first(features)) + self.shortcut(features))
        return result


def _c3d_stem(width: int) -> nn.Module:
    return nn.Sequential(_c3d_block(3, width, 1), nn.MaxPool3d((1, 2, 2)))


def _c3d_block(channels_in: int, channels: int, stride: int) -> nn.Module:
    pool = nn.MaxPool3d(stride) if stride > 1 else nn.Identity()
    convolution = _Conv3d(channels_in, channels, 3, padding=1)
    return nn.Sequential(pool, convolution, nn.BatchNorm3d(channels), nn.ReLU(inplace=True))


def _r3d_stem(width: int) -> nn.Module:
    return nn.Sequential(_whole(3, width, (3, 7), (1, 2)), nn.ReLU(inplace=True))


def _r3d_block(channels_in: int, channels: int, stride: int) -> nn.Module:
    strides = (stride, stride)
    return _Residual(
        _whole(channels_in, channels, (3, 3), strides),
        _whole(channels, channels, (3, 3), (1, 1)),
        _plain_shortcut(channels_in, channels, strides),
    )


def _clip_order_stem(width: int) -> nn.Module:
    factored = _factored(3, width, (3, 7), (1, 2), between=_equal_size(3, width, (3, 7)))
    return nn.Sequential(factored, nn.ReLU(inplace=True))


def _clip_order_block(channels_in: int, channels: int, stride: int) -> nn.Module:
    def factored(start: int, size: tuple[int, int], strides: tuple[int, int]) -> nn.Module:
        return _factored(start, channels, size, strides, between=_equal_size(start, channels, size))

    is_same = channels_in == channels and stride == 1
    shortcut = nn.Identity() if is_same else factored(channels_in, (1, 1), (stride, stride))
    return _Residual(factored(channels_in, (3, 3), (stride, stride)), factored(channels, (3, 3), (1, 1)), shortcut)


def _torchvision_stem(width: int) -> nn.Module:
    between = max(1, 45 * width // 64)  # 45 beside a width of 64
    return nn.Sequential(_factored(3, width, (3, 7), (1, 2), between=between), nn.ReLU(inplace=True))


def _torchvision_block(channels_in: int, channels: int, stride: int) -> nn.Module:
    between = _equal_size(channels_in, channels, (3, 3))
    return _Residual(
        _factored(channels_in, channels, (3, 3), (stride, stride), between=between),
        _factored(channels, channels, (3, 3), (1, 1), between=between),
        _plain_shortcut(channels_in, channels, (stride, stride)),
    )


def _plain_shortcut(channels_in: int, channels: int, strides: tuple[int, int]) -> nn.Module:
    is_same = channels_in == channels and strides == (1, 1)
    return nn.Identity() if is_same else _whole(channels_in, channels, (1, 1), strides)


def _whole(channels_in: int, channels: int, size: tuple[int, int], strides: tuple[int, int]) -> nn.Sequential:
    """Convolve time and space at once; `size` and `strides` are (time, space)."""
    (time, space), (step_time, step_space) = size, strides
    convolution = _Conv3d(
        channels_in,
        channels,
        (time, space, space),
        stride=(step_time, step_space, step_space),
        padding=(time // 2, space // 2, space // 2),
        bias=False,
    )
    return nn.Sequential(convolution, nn.BatchNorm3d(channels))


def _factored(
    channels_in: int, channels: int, size: tuple[int, int], strides: tuple[int, int], *, between: int
) -> nn.Sequential:
    """Convolve space into `between` channels, then time; `size` and `strides` are (time, space)."""
    in_space = _whole(channels_in, between, (1, size[1]), (1, strides[1]))
    in_time = _whole(between, channels, (size[0], 1), (strides[0], 1))
    return nn.Sequential(in_space, nn.ReLU(inplace=True), in_time)


def _equal_size(channels_in: int, channels: int, size: tuple[int, int]) -> int:
    """Return the channels between space and time that keep the weights of a whole convolution."""
    time, space = size[0], size[1] ** 2
    return (time * space * channels_in * channels) // (space * channels_in + time * channels)


def _initialize(module: nn.Module) -> None:
    if isinstance(module, nn.Conv3d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


@dataclass(frozen=True)
class _Plan:
    """A stem and four stages; each stage but the first halves time and space.

    `multiples` are the stages' widths over w and `num_blocks` their lengths.
    """

    stem: Callable[[int], nn.Module]
    block: Callable[[int, int, int], nn.Module]
    multiples: tuple[int, int, int, int]
    num_blocks: tuple[int, int, int, int]


_PLANS: dict[CNN3DName, _Plan] = {
    "c3d": _Plan(_c3d_stem, _c3d_block, (2, 4, 8, 8), (1, 2, 2, 2)),
    "r3d_10": _Plan(_r3d_stem, _r3d_block, (1, 2, 4, 8), (1, 1, 1, 1)),
    "r3d_18": _Plan(_r3d_stem, _r3d_block, (1, 2, 4, 8), (2, 2, 2, 2)),
    "r2plus1d_10": _Plan(_clip_order_stem, _clip_order_block, (1, 2, 4, 8), (1, 1, 1, 1)),
    "r2plus1d_18": _Plan(_torchvision_stem, _torchvision_block, (1, 2, 4, 8), (2, 2, 2, 2)),
}
