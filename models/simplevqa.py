"""SimpleVQA: single frames by a ResNet, motion by a frozen SlowFast, joined by two layers (source 004's code).

Shapes: B batch, F frames sampled from a video and as many windows of consecutive frames, D features.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ._contract import Contract, System
from ._precision import full_precision
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.imagenet import ImageNetNormalize
from .encoders.slowfast import SlowFast, SlowFastSettings
from .losses.plcc import Form as PlccForm
from .losses.plcc import plcc_loss
from .losses.rank import Form as RankForm
from .losses.rank import rank_loss
from .torchvision_guard import import_torchvision

# Mean and deviation of the 512, 1024 and 2048 channels of the last three stages.
_SPATIAL_DIM = 2 * (512 + 1024 + 2048)


@dataclass(frozen=True)
class Settings:
    """Knobs of SimpleVQA.

    - `size_px`: side of a frame. `num_segments`: frames and windows per video. `num_frames`: of a window.
    - `resnet_depths`, `resnet_width`: blocks per stage and width of the first; the default is ResNet-50.
    - `motion_depths`, `motion_width`, `motion_px`: see `SlowFastSettings`; windows are resized to the side
      SlowFast was trained at.
    - `plcc`, `rank`: see the losses of these names. `w_rank`: weight of the ranking loss.
    """

    num_frames: int = 32
    size_px: int = 448
    num_segments: int = 8
    resnet_depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    resnet_width: int = 64
    motion_depths: tuple[int, int, int, int] = (3, 4, 6, 3)
    motion_width: int = 64
    motion_px: int = 224
    hidden: int = 128
    plcc: PlccForm = "literal"
    rank: RankForm = "hinge"
    w_rank: float = 0.3


_NARROW = Settings(resnet_depths=(1, 1, 1, 1), resnet_width=8, motion_depths=(1, 1, 1, 1), motion_width=8)

PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": replace(_NARROW, size_px=64, motion_px=64),
    "tiny": replace(_NARROW, num_frames=8, size_px=16, motion_px=16, hidden=8),
}

RECIPE = Recipe(optimizer="adamw", lr=3e-5, epochs=5, batch=4, weight_decay=0.05, schedule="cosine")

CONTRACT = Contract(example="frames_motion", needs="mos", encoders=("resnet", "motion", "slow", "fast"))


class Model(System):
    """Mean and deviation of three ResNet stages beside SlowFast features, scored per frame and averaged.

    `resnet` has torchvision's parameter names and `motion` pytorchvideo's, so published weights load.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = ImageNetNormalize()
        self.resnet = _resnet(settings)
        motion = SlowFastSettings(layers=settings.motion_depths, width=settings.motion_width)
        self.motion = SlowFast(motion).requires_grad_(False)
        self.score = nn.Sequential(
            nn.Linear(_SPATIAL_DIM + motion.out_dim, settings.hidden), nn.Linear(settings.hidden, 1)
        )

    def train(self, mode: bool = True) -> "Model":
        """Switch all but the frozen SlowFast, whose running statistics must stay."""
        super().train(mode)
        self.motion.eval()
        return self

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the correlation loss plus `w_rank` times the ranking loss against `mos` (B,).

        `frames` (B, F, 3, H, W); `motion` (B, 1 to F, 3, T, h, w), or its `motion_features` (B, 1 to F, D).
        """
        quality, mos = step.gather(self._quality(*self._inputs(batch))), step.gather(batch["mos"])
        correlation = plcc_loss(quality, mos, form=self.settings.plcc)
        ranking = rank_loss(quality, mos, form=self.settings.rank)
        loss = correlation + self.settings.w_rank * ranking
        return {"loss": loss, "plcc": correlation.detach(), "rank": ranking.detach()}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `quality` (B,), higher is better, from `frames` and `motion` or from a `clip` alone."""
        return {"quality": self._quality(*self._inputs(batch))}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the mean over frames of what is scored (B, D)."""
        return self._joined(*self._cut(clip_BCTHW)).mean(dim=1)

    @torch.no_grad()
    def motion_features(self, window_BCTHW: Tensor) -> Tensor:
        """Return SlowFast features (B, D) of one window (B, 3, T, h, w), RGB in [0, 1]."""
        size = (window_BCTHW.shape[2], self.settings.motion_px, self.settings.motion_px)
        if window_BCTHW.shape[2:] != size:
            window_BCTHW = functional.interpolate(window_BCTHW, size, mode="trilinear")
        with full_precision(window_BCTHW.device):  # SlowFast overflows in low precision
            features: Tensor = self.motion((window_BCTHW - 0.45) / 0.225)
        return features

    def _inputs(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return frames (B, F, 3, H, W) and motion features (B, F, D), the last repeated where windows are fewer."""
        if "frames" not in batch:
            return self._cut(batch["clip"])
        frames, motion = batch["frames"], batch["motion"]
        if motion.ndim > 3:
            motion = torch.stack([self.motion_features(window) for window in motion.unbind(1)], dim=1)
        return frames, motion[:, [min(frame, motion.shape[1] - 1) for frame in range(frames.shape[1])]]

    def _cut(self, clip_BCTHW: Tensor) -> tuple[Tensor, Tensor]:
        """Take the middle frame of each segment of a clip, and windows spread evenly over it."""
        total, count = clip_BCTHW.shape[2], self.settings.num_segments
        middles = [(2 * segment + 1) * total // (2 * count) for segment in range(count)]
        length = min(self.settings.num_frames, total)
        starts = [segment * (total - length) // max(count - 1, 1) for segment in range(count)]
        windows = {start: self.motion_features(clip_BCTHW[:, :, start : start + length]) for start in set(starts)}
        return clip_BCTHW[:, :, middles].transpose(1, 2), torch.stack([windows[start] for start in starts], dim=1)

    def _quality(self, frames_BF: Tensor, motion_BFD: Tensor) -> Tensor:
        joined = self._joined(frames_BF, motion_BFD)
        with full_precision(joined.device):  # bfloat16 would round scores to equal ones
            per_frame: Tensor = self.score(joined.to(next(self.score.parameters()).dtype))
        return per_frame.mean(dim=(1, 2))

    def _joined(self, frames_BF: Tensor, motion_BFD: Tensor) -> Tensor:
        """Put the statistics of each frame's maps beside its motion: (B, F, D)."""
        batch, count = frames_BF.shape[:2]
        net, images = self.resnet, self.normalize(frames_BF.transpose(1, 2)).transpose(1, 2).flatten(0, 1)
        x = net.layer1(net.maxpool(net.relu(net.bn1(net.conv1(images)))))
        means, deviations = [], []
        for stage in (net.layer2, net.layer3, net.layer4):
            x = stage(x)
            pixels = x.flatten(2).float()
            means.append(pixels.mean(dim=2))
            deviations.append(pixels.std(dim=2, correction=min(1, pixels.shape[2] - 1)))
        spatial = torch.cat([*means, *deviations], dim=1).view(batch, count, -1)
        return torch.cat([spatial, motion_BFD.float()], dim=2)


def _resnet(settings: Settings) -> Any:
    """Build torchvision's bottleneck ResNet without its classifier."""
    resnet = import_torchvision().models.resnet
    depths, width = list(settings.resnet_depths), settings.resnet_width
    network = resnet.ResNet(resnet.Bottleneck, depths, width_per_group=width)
    network.fc = nn.Identity()
    return network
