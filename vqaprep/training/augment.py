"""Batched augmentation on the device: one draw a clip, every frame treated alike.

B batch, C colour (3), T time, H height, W width. Draws are uniform numbers made with the sample, so what
happens to a clip depends on seed, epoch and clip alone, not on batch, worker or rank.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812  the name everybody knows
from torch import Tensor

NUM_DRAWS = 16
_LUMA = (0.299, 0.587, 0.114)
_BLUR_RADIUS_PX = 6  # three times the largest sigma


@dataclass(frozen=True)
class Augment:
    """How much a system's clips may change: probabilities, and half-widths of the colour factors."""

    hflip: float = 0.5
    vflip: float = 0.0
    rotate_deg: float = 0.0
    color: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    hue: float = 0.0
    gray: float = 0.0
    blur: float = 0.0
    blur_sigma_px: tuple[float, float] = (0.1, 2.0)

    @classmethod
    def of(cls, strengths: Mapping[str, float]) -> "Augment":
        """Return the augmentation with these strengths by name; the others are the defaults."""
        values: dict[str, Any] = dict(strengths)
        return cls(**values)


NONE = Augment(hflip=0.0)


def to_float(clip_BTHWC: Tensor) -> Tensor:
    """Return uint8 (..., T, H, W, 3) as float32 (..., 3, T, H, W) in [0, 1], laid out in this order.

    Left in the order of the pixels it makes convolutions on a CPU slower; `make bench-training` shows it.
    """
    return clip_BTHWC.movedim(-1, -4).to(torch.float32, memory_format=torch.contiguous_format).div_(255.0)


def augment(clip_BCTHW: Tensor, draws_BD: Tensor, how: Augment) -> Tensor:
    """Flip, turn and recolour each clip by its row of `draws_BD`, (B, 16) uniform in [0, 1); 0 and 1 are the crop's."""
    u = draws_BD.to(clip_BCTHW)
    # Each change reads numbers of its own: switching one off leaves what the others draw as it was.
    clip = _flip(clip_BCTHW, u[:, 2] < how.hflip, dim=-1)
    clip = _flip(clip, u[:, 3] < how.vflip, dim=-2)
    if how.rotate_deg:
        clip = _rotate(clip, (2 * u[:, 4] - 1) * how.rotate_deg)
    if how.color:
        clip = _some(clip, u[:, 5] < how.color, lambda some, u: _recolor(some, u[:, 6:10], how), u)
    if how.gray:
        clip = _some(clip, u[:, 10] < how.gray, lambda some, _: _gray(some).expand_as(some), u)
    if how.blur:
        low, high = how.blur_sigma_px
        clip = _some(clip, u[:, 11] < how.blur, lambda some, u: _blur(some, low + (high - low) * u[:, 12]), u)
    return clip


def _some(clip: Tensor, chosen_B: Tensor, change: Callable[[Tensor, Tensor], Tensor], u: Tensor) -> Tensor:
    """Return the clips with those chosen changed by their draws; the others cost nothing."""
    where = chosen_B.nonzero()[:, 0]
    return clip.index_copy(0, where, change(clip[where], u[where])) if len(where) else clip


def _each(values_B: Tensor) -> Tensor:
    return values_B[:, None, None, None, None]


def _flip(clip: Tensor, chosen_B: Tensor, *, dim: int) -> Tensor:
    return torch.where(_each(chosen_B), clip.flip(dim), clip) if bool(chosen_B.any()) else clip


def _gray(clip: Tensor) -> Tensor:
    red, green, blue = clip.unbind(1)
    return (_LUMA[0] * red).add_(green, alpha=_LUMA[1]).add_(blue, alpha=_LUMA[2])[:, None]


def _recolor(clip: Tensor, u: Tensor, how: Augment) -> Tensor:
    """Brightness, contrast and saturation as torchvision has them; hue by turning chroma in YIQ."""
    factors = 1 + (2 * u[:, :3] - 1) * clip.new_tensor([how.brightness, how.contrast, how.saturation])
    out = (clip * _each(factors[:, 0])).clamp_(0, 1)
    mean = _gray(out).mean(dim=(2, 3, 4), keepdim=True)
    out.sub_(mean).mul_(_each(factors[:, 1])).add_(mean).clamp_(0, 1)
    gray = _gray(out)
    out.sub_(gray).mul_(_each(factors[:, 2])).add_(gray).clamp_(0, 1)
    return _turn_hue(out, (2 * u[:, 3] - 1) * how.hue).clamp_(0, 1)


def _turn_hue(clip: Tensor, turns_B: Tensor) -> Tensor:
    to_yiq = clip.new_tensor([_LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
    angle = 2 * torch.pi * turns_B
    turn = torch.zeros(len(clip), 3, 3, device=clip.device, dtype=clip.dtype)
    turn[:, 0, 0] = 1
    turn[:, 1, 1] = turn[:, 2, 2] = angle.cos()
    turn[:, 1, 2], turn[:, 2, 1] = -angle.sin(), angle.sin()
    turned: Tensor = (torch.linalg.inv(to_yiq) @ turn @ to_yiq).bmm(clip.flatten(2))
    return turned.view_as(clip)


def _rotate(clip: Tensor, degrees_B: Tensor) -> Tensor:
    b, c, t, h, w = clip.shape
    angle = torch.deg2rad(degrees_B)
    cos, sin, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    # grid_sample has coordinates from -1 to 1 on both axes, so a turn must be scaled by the aspect ratio.
    theta = torch.stack([torch.stack([cos, -sin * h / w, zero], 1), torch.stack([sin * w / h, cos, zero], 1)], 1)
    grid = F.affine_grid(theta, [b, c * t, h, w], align_corners=False)
    flat = clip.reshape(b, c * t, h, w)
    return F.grid_sample(flat, grid, padding_mode="reflection", align_corners=False).reshape(b, c, t, h, w)


def _blur(clip: Tensor, sigma_B: Tensor) -> Tensor:
    b, c, t, h, w = clip.shape
    offsets = torch.arange(-_BLUR_RADIUS_PX, _BLUR_RADIUS_PX + 1, device=clip.device, dtype=clip.dtype)
    kernel_BK = torch.softmax(-(offsets**2) / (2 * sigma_B[:, None] ** 2), dim=1)
    flat = clip.reshape(1, b * c * t, h, w)
    weight = kernel_BK.repeat_interleave(c * t, 0)[:, None]
    pad = _BLUR_RADIUS_PX
    flat = F.conv2d(F.pad(flat, (pad, pad, 0, 0), "replicate"), weight[:, :, None, :], groups=b * c * t)
    flat = F.conv2d(F.pad(flat, (0, 0, pad, pad), "replicate"), weight[:, :, :, None], groups=b * c * t)
    return flat.reshape(b, c, t, h, w)
