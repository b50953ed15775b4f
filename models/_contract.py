"""What a system states about itself, so that no file outside this folder needs to know its name.

The file of a system defines `CONTRACT`, and its `Model` derives from `System`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor, nn

from ._step import BatchStep


@dataclass(frozen=True)
class Contract:
    """What a system learns from, what it gives, and how its encoders may be initialized and fine-tuned.

    - `example`: its kind of example, the name of a file in `vqaprep/training/examples/`. A field of that kind which
      has the name of a setting of the system takes its value.
    - `needs`: the label that a clip must have to be learned from: a class (`label`) or an opinion score (`mos`).
      None where the kind of example makes its own labels.
    - `uses_subjects`: the system reads `subject`, the number of the person in a clip.
    - `uses_pristine`: the system measures distances to undistorted clips, the batch key `pristine`.
    - `encoders`: the names of the parts that may start from the weights of another network.
    - `augment`: strengths of the augmentation, by the names of `vqaprep.training.augment.Augment`.
    - `inputs`: the batch keys that `predict` cannot do without.
    - `fused`: the predictions that are two readings of `quality`, which `--fuse z` standardizes and averages.
    - `map`: the method that shows where the network looks (`feature_map`) or finds quality lost (`quality_map`).
    """

    example: str
    needs: Literal["label", "mos"] | None = None
    uses_subjects: bool = False
    uses_pristine: bool = False
    encoders: tuple[str, ...] = ("encoder",)
    augment: Mapping[str, float] = field(default_factory=dict)
    inputs: tuple[str, ...] = ("clip",)
    fused: tuple[str, ...] = ()
    map: Literal["feature_map", "quality_map"] | None = None


class System(nn.Module):
    """The network of a system. Batches are dictionaries of tensors; clips are float32 (B, 3, T, H, W) in [0, 1]."""

    def loss_on(self, batch: dict[str, Tensor], step: BatchStep) -> dict[str, Tensor]:
        """Return `loss`, which is minimized, and its parts, which are logged: one number each."""
        raise NotImplementedError

    def predict(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Return scores (B,) and probabilities (B, C) by name, from the batch keys `Contract.inputs`."""
        raise NotImplementedError

    def features(self, clip_BCTHW: Tensor) -> Tensor:
        """Return one feature per clip (B, D)."""
        raise NotImplementedError

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return all parameters in groups; `lr_scale` multiplies the learning rate of a group (1 where it lacks)."""
        return [{"params": list(self.parameters())}]

    def feature_map(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the last feature map (B, D, t, h, w); only where `Contract.map` names it."""
        raise NotImplementedError

    def quality_map(self, clip_BCTHW: Tensor) -> Tensor:
        """Return the quality of each place of a clip (B, t, h, w); only where `Contract.map` names it."""
        raise NotImplementedError

    def fit_pristine(self, clips: Iterable[Tensor]) -> None:
        """Fit the statistics of undistorted clips, batches (P, 3, T, H, W); only with `Contract.uses_pristine`."""
        raise NotImplementedError
