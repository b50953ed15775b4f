"""ST-VQRL: features of video quality, learnt by telling distorted versions of one scene apart (SSL-VQA, section 3).

Shapes: B batch, S scenes, K versions of a scene, N tokens of C features.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from ._contract import Contract, System
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.imagenet import ImageNetNormalize
from .encoders.swin3d import Swin3D, SwinSettings
from .losses.mvg import fit_gaussian, mvg_distance
from .losses.statistical import Distance, statistical_contrastive_loss


@dataclass(frozen=True)
class Settings(SwinSettings):
    """Knobs of ST-VQRL; the encoder's are those of `SwinSettings`.

    - `num_frames`, `size_px`: the fragmented clip to cut; 7 fragments of 32 pixels in the paper.
    - `view`: how the two draws of a version differ. By their fragments of the same frames (the paper), or by their
      frames: halves of clips twice as long, in the same fragments (the authors' code).
    - `num_versions`: of a scene that are compared, the original and distorted ones; 10 in the authors' code.
    - `projection_dim`, `is_projection_trained`: tokens are compared after one layer, which the authors'
      code never trains.
    - `distance`, `temperature`: see `statistical_contrastive_loss`; the cosine ablation uses 0.1.
    - `eps`: added to the diagonal of each covariance.
    """

    num_frames: int = 32
    size_px: int = 224
    fragments: int | None = 7
    view: Literal["spatial", "temporal"] = "spatial"
    num_versions: int = 10
    projection_dim: int = 64
    is_projection_trained: bool = False
    distance: Distance = "statistical"
    temperature: float = 10.0
    eps: float = 1e-4


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(
        num_frames=16, size_px=96, fragments=3, dim=24, depths=(2, 2, 2), heads=(1, 2, 4), window=(4, 6, 6)
    ),
    "tiny": Settings(
        num_frames=8,
        size_px=32,
        fragments=4,
        dim=8,
        depths=(2, 1),
        heads=(1, 2),
        window=(2, 4, 4),
        projection_dim=8,
    ),
}

RECIPE = Recipe(optimizer="adamw", lr=1e-4, epochs=30, batch=6, weight_decay=0.05, schedule="cosine", min_lr=1e-5)

CONTRACT = Contract(example="versions", inputs=("clip", "reference"))


class Model(System):
    """A Video Swin encoder on fragments and a projection of its tokens."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = ImageNetNormalize()
        self.encoder = Swin3D(settings)
        self.project = nn.Sequential(nn.Conv1d(settings.out_dim, settings.projection_dim, 1), nn.ReLU())
        self.project.requires_grad_(settings.is_projection_trained)

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the contrastive loss of `versions` (S, K, 2, 3, T, H, W), the two draws second last."""
        versions = batch["versions"]
        scenes, count = versions.shape[:2]
        tokens = self._project(versions.flatten(0, 2))
        first, second = tokens.view(scenes, count, 2, *tokens.shape[1:]).unbind(2)
        settings = self.settings
        loss = statistical_contrastive_loss(
            first,
            second,
            temperature=settings.temperature,
            distance=settings.distance,
            eps=settings.eps,
        )
        return {"loss": loss}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `quality` (B,) in (0, 1]: how near `clip` is to the undistorted `reference`.

        exp(-d / temperature) of the Gaussian distance of their projected tokens.
        """
        clip, reference = (fit_gaussian(self._project(batch[name])) for name in ("clip", "reference"))
        distance = mvg_distance(clip, reference, eps=self.settings.eps)
        return {"quality": torch.exp(-distance / self.settings.temperature).float()}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the mean token (B, C)."""
        tokens: Tensor = self.encoder(self.normalize(clip_BCTHW))
        return tokens.mean(dim=(2, 3, 4))

    def _project(self, clip_BCTHW: Tensor) -> Tensor:
        """Return projected tokens (B, N, projection_dim)."""
        tokens: Tensor = self.project(self.encoder(self.normalize(clip_BCTHW)).flatten(2))
        return tokens.mT
