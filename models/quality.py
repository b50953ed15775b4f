"""Fine-tune the encoder of any other system to opinion scores: its feature, dropout, one layer (source 001, Eq. 10).

Shapes: B batch, T H W frames and pixels, d features of the encoder.
"""

import ast
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from . import load
from ._contract import Contract, System
from ._precision import full_precision
from ._recipe import Recipe
from ._step import BatchStep
from .losses.plcc import Form, plcc_loss


@dataclass(frozen=True)
class Settings:
    """Knobs of the fine-tuning.

    - `encoder`, `preset`: the system whose `features` are scored, and which of its presets it was
      pretrained with. Its weights load under the name `encoder`.
    - `changes`: NAME=VALUE of the encoder's settings where it was not pretrained with its preset as it is,
      such as `ms_levels=c4`.
    - `num_frames`, `size_px`: the clip to cut; they replace the preset's.
    - `plcc`: the form of the loss, see `plcc_loss`.

    Raises ValueError when `encoder` is this system.
    """

    encoder: str = "pace_vqa"
    preset: str = "paper"
    changes: tuple[str, ...] = ()
    num_frames: int = 64
    size_px: int = 224
    dropout: float = 0.2
    plcc: Form = "literal"

    def __post_init__(self) -> None:
        """Refuse to be its own encoder."""
        if self.encoder == "quality":
            raise ValueError("encoder 'quality' would contain itself; name a system that learns features")


PRESETS: dict[str, Settings] = {
    "paper": Settings(),
    "small": Settings(preset="small", num_frames=16, size_px=64),
    "tiny": Settings(preset="tiny", num_frames=8, size_px=16),
}

RECIPE = Recipe(
    optimizer="adamw",
    lr=3e-4,
    epochs=100,
    batch=16,
    weight_decay=0.05,
    schedule="cosine",
    warmup_epochs=5,
    warmup_lr=5e-6,
    min_lr=5e-5,
    clip_grad_norm=10.0,
)

CONTRACT = Contract(example="clip", needs="mos")


class Model(System):
    """An encoder and one layer from its feature to quality.

    Parameters of the encoder that its feature does not depend on, such as pretext heads, are frozen.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.encoder = _encoder(settings)
        width, unused = _probe(settings)
        for name in unused:
            self.encoder.get_parameter(name).requires_grad_(False)
        self.score = nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(width, 1))

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return the correlation loss of `clip` with `mos` (B,) over all ranks, which need two clips at least."""
        quality = self.predict(batch)["quality"]
        return {"loss": plcc_loss(step.gather(quality), step.gather(batch["mos"]), form=self.settings.plcc)}

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return `quality` (B,), higher is better; its unit and zero are arbitrary, as correlation fixes neither."""
        dtype = next(self.score.parameters()).dtype
        feature = self.features(batch["clip"]).to(dtype)
        with full_precision(feature.device):  # bfloat16 would round scores to equal ones
            return {"quality": self.score(feature)[:, 0]}

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the encoder's feature (B, d)."""
        feature: Tensor = self.encoder.features(clip_BCTHW)
        return feature


def _encoder(settings: Settings) -> Any:
    system = load(settings.encoder)
    if settings.preset not in system.PRESETS:
        raise ValueError(f"{settings.encoder} has no preset {settings.preset!r}; it has {', '.join(system.PRESETS)}")
    preset = system.PRESETS[settings.preset]
    changes = dict(_change(word, settings.encoder, preset) for word in settings.changes)
    return system.Model(replace(preset, num_frames=settings.num_frames, size_px=settings.size_px, **changes))


def _change(word: str, encoder: str, preset: Any) -> tuple[str, Any]:
    """Read NAME=VALUE; a value that is no Python literal is a word."""
    name, _, text = word.partition("=")
    if not hasattr(preset, name):
        raise ValueError(f"{encoder} has no setting {name!r}")
    try:
        return name, ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return name, text


def _probe(settings: Settings) -> tuple[int, list[str]]:
    """Return the encoder's width d and the parameters its feature does not depend on, without computing."""
    with torch.device("meta"):
        encoder = _encoder(settings).eval()
        feature = encoder.features(torch.empty(1, 3, settings.num_frames, settings.size_px, settings.size_px))
        named = [(name, value) for name, value in encoder.named_parameters() if value.requires_grad]
        grads = torch.autograd.grad(feature.sum(), [value for _, value in named], allow_unused=True)
    unused = [name for (name, _), grad in zip(named, grads, strict=True) if grad is None]
    return feature.shape[1], unused
