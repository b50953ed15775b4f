"""Frames spread over a clip for their appearance, and the clip itself for its motion."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from vqaprep.training.augment import Augment
from vqaprep.training.examples._kind import Example, Frames, Load, Record
from vqaprep.training.examples.clip import Clip


@dataclass(frozen=True, kw_only=True)
class FramesMotion(Clip):
    """Batch keys `frames` (B, segments, 3, H, W) and `motion` (B, 1, 3, T, H, W); numbers as of `Clip`."""

    num_segments: int = 8

    def example(self, record: Record, load: Load, view: int | None, rng: np.random.Generator) -> Example:
        """Return one frame of each segment of the clip, drawn in training and the middle one elsewhere."""
        whole = super().example(record, load, view, rng)
        clip = whole.clips["clip"]
        edges = np.linspace(0, len(clip), self.num_segments + 1)
        share = rng.random(self.num_segments) if self.is_training else np.full(self.num_segments, 0.5)
        # The last edge is the number of frames, one past the last frame.
        picks = np.minimum((edges[:-1] + share * np.diff(edges)).astype(int), len(clip) - 1)
        return Example({"frames": clip[picks], "motion": clip}, whole.numbers)

    def augmented(self, name: str, clip: Tensor, draws: Tensor, augment_by: Augment) -> Tensor:
        """Keep the pixels: a blur or another colour would change the quality that the score is about."""
        return clip

    def finished(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Put the frames before their channels; one window of motion is for all frames."""
        return batch | {"frames": batch["frames"].transpose(1, 2), "motion": batch["motion"][:, None]}

    def inputs(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Give the whole clip as `clip`."""
        return batch | {"clip": batch["motion"][:, 0]}

    def predicted_frames(self, raw: Mapping[str, Tensor], i: int) -> Frames:
        """Return the whole clip."""
        return raw["motion"][i].numpy()
