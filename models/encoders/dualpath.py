"""Two Video Swin paths over one clip: few frames with many channels, all frames with few.

Shapes: B batch, T frames, D H W tokens along time, height and width, C channels.
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..heads.semantic import CrossAttention, SemanticTransform
from .swin3d import Swin3D, SwinSettings


@dataclass(frozen=True)
class DualPathSettings(SwinSettings):
    """Sizes of both paths; the fields of `SwinSettings` are the slow path's.

    - `slow_stride`: the slow path sees every so many frames (tau).
    - `fast_ratio`, `fast_heads`: the fast path is that many times narrower, with heads of its own.
    - `has_cross_attention`: the slow path looks at the fast one after each patch merging.
    - `is_bidirectional`: the fast path looks back too.

    Raises ValueError when `dim` is not a multiple of twice `fast_ratio` or `fast_heads` do not fit.
    """

    slow_stride: int = 4
    fast_ratio: int = 4
    fast_heads: tuple[int, ...] = (1, 2, 4, 8)
    has_cross_attention: bool = True
    is_bidirectional: bool = False

    def __post_init__(self) -> None:
        """Refuse a fast path that does not follow from the slow one."""
        super().__post_init__()
        if self.dim % (2 * self.fast_ratio):
            raise ValueError(
                f"dim {self.dim} leaves no even fast width at fast_ratio {self.fast_ratio}; "
                f"use a multiple of {2 * self.fast_ratio}"
            )
        _ = self.fast  # builds, and so checks, the fast path's sizes

    @property
    def slow(self) -> SwinSettings:
        """Sizes of the slow path alone."""
        shared = {name: getattr(self, name) for name in SwinSettings.__dataclass_fields__}
        return SwinSettings(**shared)

    @property
    def fast(self) -> SwinSettings:
        """Sizes of the fast path alone."""
        return replace(self.slow, dim=self.dim // self.fast_ratio, heads=self.fast_heads)


class DualPath(nn.Module):
    """Slow and fast Video Swin with a shared clock and cross attention between them (dualpath, section III)."""

    def __init__(self, settings: DualPathSettings) -> None:
        super().__init__()
        self.settings = settings
        slow, fast = settings.slow, settings.fast
        self.slow, self.fast = Swin3D(slow), Swin3D(fast)
        slow_to_fast = settings.has_cross_attention and settings.is_bidirectional
        self.into_slow = _crossings(slow, fast) if settings.has_cross_attention else None
        self.into_fast = _crossings(fast, slow) if slow_to_fast else None

    def forward(self, clip_BCTHW: Tensor) -> tuple[Tensor, Tensor]:
        """Map a normalised clip (B, 3, T, H, W) to slow and fast tokens (B, C, D, H, W) of their own C and D."""
        stride, patch = self.settings.slow_stride, self.settings.patch[0]
        slow = _clock(self.slow.embed(clip_BCTHW[:, :, ::stride]), stride * patch)
        fast = _clock(self.fast.embed(clip_BCTHW), patch)
        for index in range(len(self.settings.depths)):
            slow, fast = self.slow.advance(slow, index), self.fast.advance(fast, index)
            if index < len(self.settings.depths) - 1:
                # Both look at what the other was before this crossing.
                crossed = slow if self.into_slow is None else self.into_slow[index](slow, fast)
                fast = fast if self.into_fast is None else self.into_fast[index](fast, slow)
                slow = crossed
        return self.slow.finish(slow), self.fast.finish(fast)


class _Crossing(nn.Module):
    """Attend to the other path and transform by the result."""

    def __init__(self, dim: int, other_dim: int, *, heads: int, has_shift: bool) -> None:
        super().__init__()
        self.attend = CrossAttention(dim, other_dim, heads=heads)
        self.transform = SemanticTransform(dim, has_shift=has_shift)

    def forward(self, x_BDHWC: Tensor, other_BDHWC: Tensor) -> Tensor:
        transformed: Tensor = self.transform(x_BDHWC, self.attend(x_BDHWC, other_BDHWC))
        return transformed


def _crossings(path: SwinSettings, other: SwinSettings) -> nn.ModuleList:
    """Make one crossing for each patch merging, at the width that follows it.

    There is none after the last stage: its gate and its shift are one channel each, and the layer norm that follows
    removes both. The shift of the last crossing would reach that norm through the residual connections unchanged, so
    it has none.
    """
    last = len(path.depths) - 1
    return nn.ModuleList(
        _Crossing(path.dim << stage, other.dim << stage, heads=path.heads[stage], has_shift=stage < last)
        for stage in range(1, last + 1)
    )


def _clock(tokens_BDHWC: Tensor, frames_per_token: int) -> Tensor:
    """Add the time of each token, in frames of the clip, so that both paths share a clock."""
    frames = torch.arange(tokens_BDHWC.shape[1], device=tokens_BDHWC.device) * frames_per_token
    return tokens_BDHWC + sinusoid(frames, tokens_BDHWC.shape[-1])[:, None, None].to(tokens_BDHWC.dtype)


def sinusoid(positions: Tensor, dim: int) -> Tensor:
    """Encode positions (D,) as (D, dim): sine in even places, cosine in odd ones (dualpath Eq. 4 and 5)."""
    rate = torch.exp(torch.arange(0, dim, 2, device=positions.device) * (-math.log(10_000.0) / dim))
    angle = positions[:, None].float() * rate
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)
