"""Pace and distortion pretext tasks with contrast between crops: features for video quality (source 001).

Shapes: B scenes, 2 crop draws of each, T H W frames and pixels, d features.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ._contract import Contract, System
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.imagenet import ImageNetNormalize
from .encoders.msfe import MSFE, MSFESettings
from .losses.nt_xent import nt_xent_loss


@dataclass(frozen=True)
class Settings(MSFESettings):
    """Knobs of the pretraining; the encoder's are those of `MSFESettings`.

    - `num_frames`, `size_px`: the clip to cut.
    - `w_org`, `w_dis`, `w_cos`: the paper's alpha, beta and gamma. A weight of 0 only logs its part.
    - `head_lr`: how many times faster than the rest the two classifiers learn. They read small differences of
      large features, so that in a short training they stay behind an encoder that learns at their rate.
    """

    num_frames: int = 16
    size_px: int = 112
    num_paces: int = 4
    num_distortions: int = 5
    temperature: float = 0.07
    w_pace: float = 1.0
    w_dist: float = 1.0
    w_org: float = 1.0
    w_dis: float = 1.0
    w_cos: float = 0.5
    head_lr: float = 1.0


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    # Without dropout, which strikes original and distorted apart and drowns their difference in short trainings.
    "small": Settings(
        size_px=64,
        resnet_depths=(1, 1, 1, 1),
        ms_levels="c1c4",
        level_dim=16,
        grid=8,
        feature_dim=64,
        drop_path=0.0,
        dropout=0.0,
        head_lr=100.0,
    ),
    "tiny": Settings(num_frames=8, size_px=16, resnet_depths=(1, 1, 1, 1), level_dim=4, grid=4, feature_dim=8),
}

# The authors' code trains in batches of 4, which leaves 6 negatives; 32 is our choice.
RECIPE = Recipe(
    optimizer="sgd",
    lr=1e-3,
    epochs=18,
    batch=32,
    momentum=0.9,
    weight_decay=5e-3,
    schedule="step",
    step_size_epochs=6,
    gamma=0.1,
)

CONTRACT = Contract(example="pairs", encoders=("encoder", "pyramid", "resnet"))


class Model(System):
    """One encoder for original and distorted clips, and three heads on its features."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = ImageNetNormalize()
        self.encoder = MSFE(settings)
        dim = settings.feature_dim
        self.pace = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(dim, settings.num_paces))
        self.distortion = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(dim, settings.num_distortions))
        self.project = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, dim))

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return Eq. 9, the weighted sum of its parts over both crop draws, and the parts.

        `pace` (Eq. 4) is read from the original, `distortion` (Eq. 3) from the difference of the
        features; `original` and `distorted` (Eq. 6, 7) contrast the two draws over all ranks; `cosine`
        (Eq. 8), the mean similarity of original and distorted, is pushed down.
        """
        pairs = torch.cat((batch["original"], batch["distorted"])).flatten(0, 1)
        original, distorted = self.features(pairs).chunk(2)
        difference = self.distortion(original - distorted)
        z_original, z_distorted = (self.project(h).float() for h in (original, distorted))
        parts = {
            "pace": functional.cross_entropy(self.pace(original), _per_draw(batch["pace"])),
            "distortion": functional.cross_entropy(difference, _per_draw(batch["distortion"])),
            "original": self._contrast(z_original, step),
            "distorted": self._contrast(z_distorted, step),
            "cosine": functional.cosine_similarity(z_original, z_distorted).mean(),
        }
        settings = self.settings
        total = (
            settings.w_pace * parts["pace"]
            + settings.w_dist * parts["distortion"]
            + settings.w_org * parts["original"]
            + settings.w_dis * parts["distorted"]
            + settings.w_cos * parts["cosine"]
        )
        return {"loss": total, **{name: part.detach() for name, part in parts.items()}}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `pace` probabilities and, where there is a `reference`, `distortion` probabilities (B, C)."""
        feature = self.features(batch["clip"])
        scores = {"pace": self.pace(feature).softmax(dim=1)}
        if "reference" in batch:
            difference = self.features(batch["reference"]) - feature
            scores["distortion"] = self.distortion(difference).softmax(dim=1)
        return scores

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the two classifiers apart from all else."""
        heads = [*self.pace.parameters(), *self.distortion.parameters()]
        apart = {id(parameter) for parameter in heads}
        rest = [parameter for parameter in self.parameters() if id(parameter) not in apart]
        return [{"params": rest, "lr_scale": 1.0}, {"params": heads, "lr_scale": self.settings.head_lr}]

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return h (B, d)."""
        h: Tensor = self.encoder(self.normalize(clip_BCTHW))
        return h

    def _contrast(self, z: Tensor, step: BatchStep) -> Tensor:
        """Contrast the draws of each scene, adjacent in (2B, d), with those of all others."""
        first, second = step.gather(z).view(-1, 2, z.shape[1]).unbind(1)
        return nt_xent_loss(first, second, temperature=self.settings.temperature)


def _per_draw(label_B: Tensor) -> Tensor:
    return label_B.repeat_interleave(2)
