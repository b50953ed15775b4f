"""Dual-path VQA: quality from a slow and a fast view of one clip (source 004, the architecture of its text).

Shapes: B batch, D H W tokens along time, height and width, C channels.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ._contract import Contract, System
from ._precision import full_precision
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.dualpath import DualPath, DualPathSettings
from .encoders.imagenet import ImageNetNormalize
from .losses.plcc import Form as PlccForm
from .losses.plcc import plcc_loss
from .losses.rank import Form as RankForm
from .losses.rank import rank_loss


@dataclass(frozen=True)
class Settings(DualPathSettings):
    """Knobs of dual-path VQA; the encoder's are those of `DualPathSettings`.

    - `num_frames`, `size_px`: the clip to cut. Set `fragments` for fragmented clips.
    - `hidden`, `dropout`: of the head. `plcc`, `rank`: see the losses of these names. `w_rank`: weight of
      the ranking loss, which the paper does not give; its code's.
    """

    num_frames: int = 32
    size_px: int = 224
    hidden: int = 64
    dropout: float = 0.5
    plcc: PlccForm = "literal"
    rank: RankForm = "hinge"
    w_rank: float = 0.3


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(
        num_frames=16,
        size_px=96,
        dim=48,
        depths=(1, 2, 2),
        heads=(2, 4, 8),
        window=(4, 6, 6),
        fast_heads=(1, 2, 4),
    ),
    "tiny": Settings(
        num_frames=8,
        size_px=32,
        dim=16,
        depths=(2, 1),
        heads=(2, 4),
        window=(2, 4, 4),
        slow_stride=2,
        fast_heads=(1, 2),
        hidden=8,
    ),
}

RECIPE = Recipe(
    optimizer="adamw", lr=1e-3, epochs=30, batch=64, weight_decay=0.01, schedule="cosine", is_warmup_within=True
)

CONTRACT = Contract(example="clip", needs="mos", encoders=("encoder", "slow", "fast"))


class Model(System):
    """Two paths pooled, weighed by matrices (Eq. 1) and read as one number."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = ImageNetNormalize()
        self.encoder = DualPath(settings)
        self.weigh_slow = nn.Linear(settings.slow.out_dim, settings.hidden)
        self.weigh_fast = nn.Linear(settings.fast.out_dim, settings.hidden)
        self.score = nn.Sequential(nn.GELU(), nn.Dropout(settings.dropout), nn.Linear(settings.hidden, 1))

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the correlation loss plus `w_rank` times the ranking loss of `clip` against `mos` (B,)."""
        quality, mos = step.gather(self._quality(batch["clip"])), step.gather(batch["mos"])
        correlation = plcc_loss(quality, mos, form=self.settings.plcc)
        ranking = rank_loss(quality, mos, form=self.settings.rank)
        loss = correlation + self.settings.w_rank * ranking
        return {"loss": loss, "plcc": correlation.detach(), "rank": ranking.detach()}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `quality` (B,), higher is better."""
        return {"quality": self._quality(batch["clip"])}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the mean slow and fast tokens, side by side (B, C slow + C fast)."""
        return torch.cat(self._pooled(clip_BCTHW), dim=1)

    def _quality(self, clip_BCTHW: Tensor) -> Tensor:
        slow, fast = (path.to(self.weigh_slow.weight.dtype) for path in self._pooled(clip_BCTHW))
        with full_precision(slow.device):  # bfloat16 would round scores to equal ones
            quality: Tensor = self.score(self.weigh_slow(slow) + self.weigh_fast(fast))
        return quality.squeeze(1)

    def _pooled(self, clip_BCTHW: Tensor) -> tuple[Tensor, Tensor]:
        slow, fast = self.encoder(self.normalize(clip_BCTHW))
        return slow.mean(dim=(2, 3, 4)), fast.mean(dim=(2, 3, 4))
