"""ViViT with a factorised encoder: space within each step of time, then time over the steps.

Shapes: B batch, T H W frames and pixels, n steps of time (T over the tubelet's), p tubelets of a step, d width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class ViViTSettings:
    """Sizes of a factorised-encoder ViViT (arXiv 2103.15691, model 2).

    `tubelet` is (frames, height, width) of one token. `has_temporal_position` adds a learned position
    before the temporal encoder too, as in the original; without it time is known from the input
    positions alone. Raises ValueError when the clip does not divide into tubelets.
    """

    num_frames: int = 16
    size_px: int = 112
    tubelet: tuple[int, int, int] = (2, 16, 16)
    dim: int = 192
    depth_space: int = 4
    depth_time: int = 4
    heads: int = 3
    head_dim: int = 64
    mlp_ratio: int = 4
    dropout: float = 0.0
    has_temporal_position: bool = True

    def __post_init__(self) -> None:
        """Refuse a clip that leaves a remainder."""
        clip = (self.num_frames, self.size_px, self.size_px)
        if any(length % step for length, step in zip(clip, self.tubelet, strict=True)):
            raise ValueError(
                f"a clip of {clip} (frames, height, width) does not divide into tubelets of {self.tubelet}; "
                "change num_frames, size_px or tubelet"
            )

    @property
    def num_steps(self) -> int:
        """Count the steps of time n."""
        return self.num_frames // self.tubelet[0]

    @property
    def num_patches(self) -> int:
        """Count the tubelets p of one step of time."""
        return (self.size_px // self.tubelet[1]) * (self.size_px // self.tubelet[2])


class ViViT(nn.Module):
    """Map a clip to one class token and one feature per step of time."""

    def __init__(self, settings: ViViTSettings) -> None:
        super().__init__()
        dim, steps = settings.dim, settings.num_steps
        self.embed = nn.Conv3d(3, dim, kernel_size=settings.tubelet, stride=settings.tubelet)
        self.space_token = _learned(1, 1, dim)
        self.position = _learned(1, steps, settings.num_patches + 1, dim)
        self.space = _encoder(settings, settings.depth_space)
        self.time_token = _learned(1, 1, dim)
        self.time_position = _learned(1, steps + 1, dim) if settings.has_temporal_position else None
        self.time = _encoder(settings, settings.depth_time)

    def forward(self, clip_BCTHW: Tensor) -> Tensor:
        """Return (B, n+1, d) of a normalised clip (B, 3, T, H, W): the class token, then the n steps."""
        return self.normalized(self.unnormalized(clip_BCTHW))

    def normalized(self, tokens_BnD: Tensor) -> Tensor:
        """Apply the last layer norm to what `unnormalized` returns."""
        tokens: Tensor = self.time[-1](tokens_BnD)
        return tokens

    def unnormalized(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the tokens of `forward` before the last layer norm, whose mean over d is not yet removed."""
        patches = self.embed(clip_BCTHW).flatten(3).permute(0, 2, 3, 1)
        batch, steps, _, dim = patches.shape
        token = self.space_token.expand(batch, steps, 1, dim)
        x = torch.cat((token, patches), dim=2) + self.position
        frames = self.space(x.flatten(0, 1))[:, 0].reshape(batch, steps, x.shape[-1])
        x = torch.cat((self.time_token.expand(batch, 1, dim), frames), dim=1)
        tokens: Tensor = self.time[:-1](x if self.time_position is None else x + self.time_position)
        return tokens


class Block(nn.Module):
    """Self-attention and a two-layer perceptron, each pre-normalised and residual."""

    def __init__(self, dim: int, heads: int, *, head_dim: int, mlp_ratio: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.norm_attention = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * heads * head_dim, bias=False)
        self.project = nn.Linear(heads * head_dim, dim)
        self.norm_mlp = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(
            nn.Linear(dim, mlp_ratio * dim),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(mlp_ratio * dim, dim),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, tokens, d) to the same shape."""
        x = x + self._drop(self._attend(self.norm_attention(x)))
        return x + self._drop(self.mlp(self.norm_mlp(x)))

    def _attend(self, x: Tensor) -> Tensor:
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout)
        attended: Tensor = self.project(mixed.transpose(1, 2).flatten(2))
        return attended

    def _drop(self, x: Tensor) -> Tensor:
        return functional.dropout(x, self.dropout, training=self.training)


def _encoder(settings: ViViTSettings, depth: int) -> nn.Sequential:
    blocks = [
        Block(
            settings.dim,
            settings.heads,
            head_dim=settings.head_dim,
            mlp_ratio=settings.mlp_ratio,
            dropout=settings.dropout,
        )
        for _ in range(depth)
    ]
    return nn.Sequential(*blocks, nn.LayerNorm(settings.dim))


def _learned(*shape: int) -> nn.Parameter:
    return nn.Parameter(nn.init.trunc_normal_(torch.empty(shape), std=0.02))
