"""An original clip and one of its distorted versions, at one pace (source 001)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from vqaprep.distortions import PRESETS
from vqaprep.errors import InputError
from vqaprep.speeds.labels import Rates
from vqaprep.training.augment import Augment, augment
from vqaprep.training.examples._kind import Example, Frames, Kind, Load, Record, reference_view


@dataclass(frozen=True, kw_only=True)
class Pairs(Kind):
    """Batch keys `original` and `distorted`, each in two crops; numbers `pace`, `distortion` and `scored_view`.

    `distortions` are the kinds that may be drawn; the place of a kind among them is its class.
    """

    distortions: tuple[str, ...] = PRESETS["vqa5"]
    pool: int = 3

    num_crops = 2  # the paper contrasts two crops of each clip
    stacks_crops = True

    def examples_in(self, record: Record) -> list[int | None]:
        """Return one example where a view has one of the wanted distortions."""
        return [None] if any(view["distortion"] in self.distortions for view in record["views"]) else []

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return the original and a drawn distorted version, `scored_view`; from a window, at a drawn pace."""
        original, views = reference_view(record, role="query"), record["views"]
        distorted = [j for j, v in enumerate(views) if v["role"] == "query" and v["distortion"] in self.distortions]
        chosen = distorted[int(rng.integers(len(distorted)))]
        first, second = load(original), load(chosen)
        pace = views[original]["speed_class"]
        if views[original]["task"] == "window":
            # A clip of n frames at pace p (0 for every frame) spans (n - 1)(p + 1) + 1 frames of the window.
            pace = int(rng.integers(min(self.pool, (len(first) - 1) // (self.num_frames - 1))))
            start = int(rng.integers(len(first) - (self.num_frames - 1) * (pace + 1)))
            ticks = list(Rates(pace + 1, pace + 1).ticks(start, self.num_frames))
            first, second = first[ticks], second[ticks]
        if pace is None:
            raise InputError("these clips carry no pace; cut them with `vqaprep speed --task pace` (or window)")
        numbers: dict[str, float | int] = {
            "pace": int(pace),
            "distortion": self.distortions.index(views[chosen]["distortion"]),
            "scored_view": chosen,
        }
        return Example({"original": first, "distorted": second}, numbers)

    def augmented(self, name: str, clip: Tensor, draws: Tensor, augment_by: Augment) -> Tensor:
        """Change both crops apart, and each crop of the original as that of its distorted version."""
        return torch.stack([augment(clip[:, k], draws[:, k], augment_by) for k in range(clip.shape[1])], 1)

    def inputs(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the distorted version as `clip`, and the original as `reference`."""
        return batch | {"clip": batch["distorted"], "reference": batch["original"]}

    def predicted_frames(self, raw: Mapping[str, Tensor], i: int) -> Frames:
        """Return the distorted version."""
        return raw["distorted"][i].numpy()

    def class_names(self, label: str, num_classes: int) -> Sequence[str]:
        """Return the kinds of distortion."""
        return self.distortions if label == "distortion" else ()

    def remedy(self) -> str:
        """Name the missing distortions."""
        return f"distorted views of {', '.join(self.distortions)} (`vqaprep distort`)"
