"""Make a batch for a system from the name of the views it trains on.

Clips are smooth coloured patterns that drift and differ from clip to clip, so that a network can tell them apart.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def batch_for(views: str, settings: Any, *, seed: int) -> dict[str, Tensor]:
    """Return a batch of `views`, four clips where the views do not say otherwise, in the size of `settings`."""
    draw = torch.Generator().manual_seed(seed)

    def clips(*shape: int) -> Tensor:
        count = int(torch.tensor(shape).prod())
        coarse = torch.rand(count, 3, 3, 4, 4, generator=draw)
        size = (settings.num_frames, settings.size_px, settings.size_px)
        return functional.interpolate(coarse, size, mode="trilinear").view(*shape, 3, *size)

    return _BATCHES[views](clips)


def query_key(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Two clips of each video and the speed labels of the first."""
    labels = torch.tensor([0, 1, 2, 1])
    return {"clip": clips(4), "key": clips(4), "speed_class": labels, "localization_class": labels.flip(0)}


def clip(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Clips with a class, an opinion score and a subject."""
    label = torch.tensor([0, 1, 0, 1])
    return {"clip": clips(4), "label": label, "mos": _opinions(4), "subject": torch.tensor([0, 1, 2, 3])}


def pairs(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Two crops of each clip and of its distorted version."""
    return {
        "original": clips(4, 2),
        "distorted": clips(4, 2),
        "pace": torch.tensor([0, 1, 2, 3]),
        "distortion": torch.tensor([3, 2, 1, 0]),
    }


def versions(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Two draws of each of two versions of two scenes."""
    return {"versions": clips(2, 2, 2)}


def semi(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Two draws of scored and of unscored clips, and a pristine corpus."""
    return {"labelled": clips(4, 2), "mos": _opinions(4), "unlabelled": clips(4, 2), "pristine": clips(2)}


def frames_motion(clips: Callable[..., Tensor]) -> dict[str, Tensor]:
    """Eight frames and eight windows of each video."""
    windows = clips(4, 8)
    return {"frames": windows[:, :, :, 0], "motion": windows, "mos": _opinions(4)}


def _opinions(count: int) -> Tensor:
    return torch.linspace(1, 5, count)


_BATCHES: dict[str, Callable[[Callable[..., Tensor]], dict[str, Tensor]]] = {
    make.__name__: make for make in (query_key, clip, pairs, versions, semi, frames_motion)
}
