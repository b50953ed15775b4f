"""Video Swin Transformer: a clip to a grid of tokens, for whole pictures or for fragments.

Shapes: B batch, C channels, T frames, D H W tokens along time, height and width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from .patch import PatchEmbed3D, PatchMerging, Size3
from .window_attention import Gate, WindowAttention3D, WindowPlan, plan_windows


@dataclass(frozen=True)
class SwinSettings:
    """Sizes of a Video Swin Transformer; the defaults are Swin-T (arXiv 2106.13230).

    `fragments` is the number of fragments along height and width of a fragmented picture, None for an
    unbroken one: it gives every stage but the last the gated bias of FAST-VQA, with `gate` as in
    `plan_windows`. Raises ValueError when `depths` and `heads` differ in length or a width does not divide into heads.
    """

    dim: int = 96
    depths: tuple[int, ...] = (2, 2, 6, 2)
    heads: tuple[int, ...] = (3, 6, 12, 24)
    window: Size3 = (8, 7, 7)
    patch: Size3 = (2, 4, 4)
    mlp_ratio: int = 4
    drop_path: float = 0.1
    fragments: int | None = None
    gate: Gate = "binary"

    def __post_init__(self) -> None:
        """Refuse sizes that do not fit together."""
        if len(self.depths) != len(self.heads):
            raise ValueError(f"depths {self.depths} and heads {self.heads} must have one number per stage each")
        for stage, heads in enumerate(self.heads):
            if self.dim * 2**stage % heads:
                raise ValueError(
                    f"stage {stage} is {self.dim * 2**stage} wide, not a multiple of its {heads} heads; "
                    "change dim or heads"
                )

    @property
    def out_dim(self) -> int:
        """Width of the last stage."""
        return self.dim << (len(self.depths) - 1)


class Swin3D(nn.Module):
    """Video Swin Transformer without a head; with `fragments` None it equals torchvision's `swin3d_t`."""

    def __init__(self, settings: SwinSettings) -> None:
        super().__init__()
        self.embed = PatchEmbed3D(settings.dim, settings.patch)
        rates = torch.linspace(0, settings.drop_path, sum(settings.depths), device="cpu").tolist()
        self.stages = nn.ModuleList()
        self.merges = nn.ModuleList()
        for index, depth in enumerate(settings.depths):
            first = sum(settings.depths[:index])
            self.stages.append(_Stage(settings, index, rates[first : first + depth]))
            if index < len(settings.depths) - 1:
                self.merges.append(PatchMerging(settings.dim * 2**index))
        self.norm = nn.LayerNorm(settings.out_dim)
        self.apply(_init_linear)

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Map a normalised clip (B, 3, T, H, W) to tokens (B, C, D, H, W)."""
        x: Tensor = self.embed(clip_BCTHW)
        for index in range(len(self.stages)):
            x = self.advance(x, index)
        return self.finish(x)

    def advance(self, x_BDHWC: Tensor, index: int) -> Tensor:
        """Run stage `index` and the merging after it, where there is one."""
        x: Tensor = self.stages[index](x_BDHWC)
        if index < len(self.merges):
            x = self.merges[index](x)
        return x

    def finish(self, x_BDHWC: Tensor) -> Tensor:
        """Normalise the tokens of the last stage and put channels first: (B, C, D, H, W)."""
        normalised: Tensor = self.norm(x_BDHWC)
        return normalised.permute(0, 4, 1, 2, 3)


class _Stage(nn.Module):
    """Blocks of one width; every second one shifts its windows."""

    def __init__(self, settings: SwinSettings, index: int, drop_paths: list[float]) -> None:
        super().__init__()
        is_last = index == len(settings.depths) - 1
        self.window = settings.window
        self.fragments = None if is_last else settings.fragments
        self.gate: Gate = settings.gate
        self.blocks = nn.ModuleList(
            _Block(settings, index, is_gated=self.fragments is not None, drop_path=rate) for rate in drop_paths
        )

    def forward(self, x_BDHWC: Tensor) -> Tensor:
        _, depth, height, width, _ = x_BDHWC.shape
        plans = [
            plan_windows(
                (depth, height, width),
                self.window,
                is_shifted=is_shifted,
                fragments=self.fragments,
                gate=self.gate,
                device=x_BDHWC.device,
            )
            for is_shifted in (False, True)[: len(self.blocks)]
        ]
        for number, block in enumerate(self.blocks):
            x_BDHWC = block(x_BDHWC, plans[number % 2])
        return x_BDHWC


class _Block(nn.Module):
    """Window attention and a two-layer perceptron, each pre-normalised and residual."""

    def __init__(self, settings: SwinSettings, index: int, *, is_gated: bool, drop_path: float) -> None:
        super().__init__()
        dim = settings.dim * 2**index
        self.norm1 = nn.LayerNorm(dim)
        self.attention = WindowAttention3D(dim, settings.heads[index], window=settings.window, is_gated=is_gated)
        self.norm2 = nn.LayerNorm(dim)
        hidden = settings.mlp_ratio * dim
        self.mlp = nn.Sequential(nn.Linear(dim, hidden), nn.GELU(), nn.Linear(hidden, dim))
        self.drop_path = drop_path

    def forward(self, x_BDHWC: Tensor, plan: WindowPlan) -> Tensor:
        x_BDHWC = x_BDHWC + self._drop(self.attention(self.norm1(x_BDHWC), plan))
        return x_BDHWC + self._drop(self.mlp(self.norm2(x_BDHWC)))

    def _drop(self, residual: Tensor) -> Tensor:
        """Stochastic depth: leave the residual out of some samples, scale it up in the others."""
        if not self.training or not self.drop_path:
            return residual
        keep = torch.full((len(residual), 1, 1, 1, 1), 1 - self.drop_path, device=residual.device)
        return residual * (torch.bernoulli(keep) / (1 - self.drop_path)).to(residual.dtype)


def _init_linear(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
