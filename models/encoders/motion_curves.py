"""Curves of how much the picture changes, and a network over them that keeps every step of time.

Shapes: B batch, T frames, L lags, D width. A step lies between two neighbouring frames, so there are T - 1.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

_NOISE = 0.1 / 255  # a change of a tenth of a gray level is no motion; it keeps the logarithm of a still clip finite
_COARSE_PX = 4  # averaged over so many pixels, fast motion still changes the picture more than slow motion does
_DILATIONS = (1, 2, 4, 1)  # so that each step sees all 15 of a clip of 16 frames


class MotionCurves(nn.Module):
    """Logarithm of the mean absolute change between frames 1 to L apart, relative to the clip's own mean.

    A change of speed is a ratio, so the mean over the clip carries none of it. Each lag is seen at each step twice,
    from the first of its frames on and up to its last one, both at full and at coarse size: 4 L channels.
    """

    def __init__(self, num_lags: int) -> None:
        super().__init__()
        self.num_lags = num_lags
        self.num_channels = 4 * num_lags

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Map RGB in [0, 1], (B, 3, T, H, W), to (B, 4 L, T - 1)."""
        luma = clip_BCTHW.mean(dim=1)
        num_steps = luma.shape[1] - 1
        sizes = (luma, functional.avg_pool2d(luma, _COARSE_PX))
        curves = [[_change(size, lag) for size in sizes] for lag in range(1, self.num_lags + 1)]
        mean = torch.cat([curve for of_lag in curves for curve in of_lag], dim=1).mean(dim=1, keepdim=True)
        channels = []
        for lag, of_lag in enumerate(curves, start=1):
            for curve in of_lag:
                level, missing = curve - mean, num_steps - curve.shape[1]
                channels += [functional.pad(level, (0, missing)), functional.pad(level, (lag - 1, 0))]
        return torch.stack(channels, dim=1)


class MotionNet(nn.Module):
    """Residual convolutions over time, without a stride: (B, 3, T, H, W) to the map (B, D, T - 1, 1, 1)."""

    def __init__(self, *, num_lags: int, width: int, dropout: float) -> None:
        super().__init__()
        self.curves = MotionCurves(num_lags)
        self.first = nn.Conv1d(self.curves.num_channels, width, 3, padding=1)
        self.blocks = nn.ModuleList(_block(width, dilation, dropout) for dilation in _DILATIONS)
        self.last = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(), nn.Dropout(dropout))
        self.dim = width

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the map; the mean over time is the feature of the clip."""
        steps = self.first(self.curves(clip_BCTHW))
        for block in self.blocks:
            steps = steps + block(steps)
        features: Tensor = self.last(steps)
        return features[..., None, None]


def _change(luma_BTHW: Tensor, lag: int) -> Tensor:
    """Return the log mean absolute change (B, T - lag) between frames `lag` apart."""
    return ((luma_BTHW[:, lag:] - luma_BTHW[:, :-lag]).abs().mean(dim=(2, 3)) + _NOISE).log()


def _block(width: int, dilation: int, dropout: float) -> nn.Module:
    return nn.Sequential(
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm1d(width),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Conv1d(width, width, 3, padding=1),
    )
