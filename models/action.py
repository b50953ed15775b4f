"""Action recognition: fine-tune the encoder of a pretext task on labelled clips (source 003).

Shapes: B batch, C classes, D width of the feature.
"""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from . import speediness
from ._contract import Contract, System
from ._recipe import Recipe
from ._step import BatchStep
from .encoders.clip_input import ClipInput, clip_input
from .encoders.cnn3d import CNN3D, CNN3DName


@dataclass(frozen=True)
class Settings:
    """Knobs of the classifier; `encoder`, `width` and `input` are those of the pretext task it starts from.

    `num_classes` is UCF101's by default. `dropout` is ours: the thesis adds a pooling and one layer only.
    """

    num_frames: int = 16
    size_px: int = 112
    encoder: CNN3DName = "r2plus1d_10"
    width: int = 64
    input: ClipInput = "picture"
    num_classes: int = 101
    dropout: float = 0.0


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(size_px=48, encoder="r3d_10", width=16, input="difference", dropout=0.5),
    "tiny": Settings(num_frames=8, size_px=32, width=4, num_classes=3),
}

RECIPE = Recipe(
    optimizer="sgd",
    lr=0.01,
    epochs=200,
    batch=16,
    momentum=0.9,
    weight_decay=5e-4,
    schedule="multistep",
    milestones=(80, 160),
)

CONTRACT = Contract(
    example="clip",
    needs="label",
    # "The data processing part will be the same as the pretraining" (3.5.1).
    augment=speediness.CONTRACT.augment,
    map="feature_map",
)


class Model(System):
    """A clip network, average pooling, dropout and one layer; all of it is trained."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.normalize = clip_input(settings.input)
        self.encoder = CNN3D(settings.encoder, width=settings.width)
        self.classify = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(self.encoder.dim, settings.num_classes))

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the cross-entropy of `label` (B,)."""
        return {"loss": functional.cross_entropy(self.classify(self.features(batch["clip"])), batch["label"])}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `label` probabilities (B, C)."""
        return {"label": self.classify(self.features(batch["clip"])).softmax(dim=1)}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the pooled feature (B, D)."""
        return self.feature_map(clip_BCTHW).mean(dim=(2, 3, 4))

    def feature_map(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the last feature map (B, D, T/8, H/16, W/16)."""
        maps: Tensor = self.encoder(self.normalize(clip_BCTHW))
        return maps
