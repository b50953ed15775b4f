"""Attention within shifted 3-D windows, with the fragment-gated relative bias (GRPB) of FAST-VQA.

Shapes: B batch, D H W tokens along time, height and width, C channels, N tokens of a window.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from .patch import Size3, padding

Gate = Literal["binary", "abs"]

# Swin's own finite penalty: with -inf a window of padding alone would become NaN.
_BLOCKED = -100.0


@dataclass(frozen=True)
class WindowPlan:
    """How one grid is cut: the effective `window` and `shift`, and per pair of tokens of a window

    - `mask` (windows, N, N): -100 between tokens that only the cyclic shift brought together, else 0;
    - `gate` (windows, N, N): 0 inside a fragment, above 0 between tokens of different fragments.
    """

    window: Size3
    shift: Size3
    mask: Tensor | None
    gate: Tensor | None


def plan_windows(
    grid: Size3,
    window: Size3,
    *,
    is_shifted: bool,
    fragments: int | None = None,
    gate: Gate = "binary",
    device: torch.device | None = None,
) -> WindowPlan:
    """Plan the windows of a (D, H, W) grid; an axis no longer than the window is one unshifted window.

    `fragments` is the number of fragments along height and along width, None for an unbroken picture.
    The gate is 1 between different fragments (`binary`, the paper) or the sum of the absolute
    differences of their coordinates (`abs`, what the released FAST-VQA weights were trained with).
    """
    fitting = _triple([min(length, size) for length, size in zip(grid, window, strict=True)])
    halves = [size // 2 if length > size else 0 for length, size in zip(grid, window, strict=True)]
    shift = _triple(halves) if is_shifted else (0, 0, 0)
    mask = _shift_mask(grid, fitting, shift=shift, device=device) if any(shift) else None
    gates = None
    if fragments is not None:
        gates = _gate(grid, fitting, shift=shift, fragments=fragments, kind=gate, device=device)
    return WindowPlan(fitting, shift, mask, gates)


class WindowAttention3D(nn.Module):
    """Multi-head self-attention inside windows, with a learned bias per relative position.

    With `is_gated` a second table serves pairs inside one fragment: bias = g*relative + (1-g)*fragment
    (GRPB, FAST-VQA, ECCV 2022); it starts at zero. Without it this equals torchvision's
    `ShiftedWindowAttention3d`, including how a window shrunk in height or width reads the table.
    """

    index: Tensor

    def __init__(self, dim: int, heads: int, *, window: Size3, is_gated: bool) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.project = nn.Linear(dim, dim)
        rows = (2 * window[0] - 1) * (2 * window[1] - 1) * (2 * window[2] - 1)
        self.relative = nn.Parameter(nn.init.trunc_normal_(torch.empty(rows, heads), std=0.02))
        self.fragment = nn.Parameter(torch.zeros(rows, heads)) if is_gated else None
        self.register_buffer("index", _relative_index(window), persistent=False)

    def forward(self, x_BDHWC: Tensor, plan: WindowPlan) -> Tensor:
        """Attend within the windows of `plan`; same shape out."""
        batch, depth, height, width, _ = x_BDHWC.shape
        x = functional.pad(x_BDHWC, (0, 0, *padding((depth, height, width), plan.window)))
        padded = _triple(list(x.shape[1:4]))
        x = torch.roll(x, [-step for step in plan.shift], dims=(1, 2, 3)) if any(plan.shift) else x
        x = self._attend(_partition(x, plan.window), plan)
        x = _join(x.flatten(0, 1), plan.window, batch=batch, grid=padded)
        x = torch.roll(x, plan.shift, dims=(1, 2, 3)) if any(plan.shift) else x
        return x[:, :depth, :height, :width]

    def _attend(self, windows: Tensor, plan: WindowPlan) -> Tensor:
        """Attend in (B, windows, N, C); heads and windows, or batch and windows, share one axis."""
        batch, num_windows, tokens, dim = windows.shape
        qkv = self.qkv(windows).view(batch, num_windows, tokens, 3, self.heads, dim // self.heads)
        qkv = qkv.permute(3, 0, 1, 4, 2, 5)
        bias = self._bias(plan, tokens).to(qkv.dtype)
        is_shared = bias.shape[0] == 1
        query, key, value = qkv.flatten(1, 2) if is_shared else qkv.flatten(2, 3)
        bias = bias if is_shared else bias.flatten(0, 1)[None]
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        out = out.view(batch, num_windows, self.heads, tokens, dim // self.heads)
        attended: Tensor = self.project(out.transpose(2, 3).flatten(3))
        return attended

    def _bias(self, plan: WindowPlan, tokens: int) -> Tensor:
        """Give what is added to the logits: (windows or 1, heads, N, N)."""
        index = self.index[:tokens, :tokens]
        bias = self.relative[index].permute(2, 0, 1)[None]
        if self.fragment is not None and plan.gate is not None:
            inside = self.fragment[index].permute(2, 0, 1)[None]
            bias = torch.lerp(inside, bias, plan.gate[:, None].to(bias.dtype))
        return bias if plan.mask is None else bias + plan.mask[:, None].to(bias.dtype)


def _relative_index(window: Size3) -> Tensor:
    """Number the relative positions of a window's tokens: (N, N) rows of the bias tables."""
    axes = [torch.arange(size) for size in window]
    tokens = torch.stack(torch.meshgrid(*axes, indexing="ij")).flatten(1)
    depth, height, width = (
        tokens[axis][:, None] - tokens[axis][None, :] + size - 1 for axis, size in enumerate(window)
    )
    return (depth * (2 * window[1] - 1) + height) * (2 * window[2] - 1) + width


def _shift_mask(grid: Size3, window: Size3, *, shift: Size3, device: torch.device | None) -> Tensor:
    regions = torch.zeros(1, 1, 1, dtype=torch.long, device=device)
    for axis, (length, size, step) in enumerate(zip(grid, window, shift, strict=True)):
        position = torch.arange(length + -length % size, device=device)
        end = len(position)
        region = ((position >= end - size).long() + (position >= end - step)) if step else position * 0
        regions = 3 * regions + region.view([-1 if other == axis else 1 for other in range(3)])
    labels = _partition(regions[None, ..., None], window)[0, ..., 0]
    return (labels[:, :, None] != labels[:, None, :]) * _BLOCKED


def _gate(
    grid: Size3, window: Size3, *, shift: Size3, fragments: int, kind: Gate, device: torch.device | None
) -> Tensor:
    depth, height, width = grid
    rows = torch.arange(height, device=device) * fragments // height
    columns = torch.arange(width, device=device) * fragments // width
    where = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1).float()
    picture = (1, *window[1:])
    where = functional.pad(where[None, None], (0, 0, *padding((1, height, width), picture)), value=-1.0)
    where = torch.roll(where, [-step for step in shift[1:]], dims=(2, 3))
    windows = _partition(where, picture)[0]
    pairs = torch.cdist(windows, windows, p=1)
    pairs = (pairs > 0).float() if kind == "binary" else pairs
    repeats = (-(-depth // window[0]), -1, window[0], -1, window[0], -1)
    tokens = window[0] * pairs.shape[-1]
    return pairs[None, :, None, :, None].expand(repeats).reshape(-1, tokens, tokens)


def _partition(x_BDHWC: Tensor, window: Size3) -> Tensor:
    """Cut (B, D, H, W, C) into (B, windows, N, C)."""
    batch, depth, height, width, dim = x_BDHWC.shape
    d, h, w = window
    x = x_BDHWC.reshape(batch, depth // d, d, height // h, h, width // w, w, dim)
    return x.permute(0, 1, 3, 5, 2, 4, 6, 7).reshape(batch, -1, d * h * w, dim)


def _join(windows: Tensor, window: Size3, *, batch: int, grid: Size3) -> Tensor:
    """Undo `_partition` for (B*windows, N, C)."""
    d, h, w = window
    x = windows.view(batch, grid[0] // d, grid[1] // h, grid[2] // w, d, h, w, windows.shape[-1])
    return x.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(batch, *grid, windows.shape[-1])


def _triple(values: list[int]) -> Size3:
    first, second, third = values
    return first, second, third
