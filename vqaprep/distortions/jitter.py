"""Jitter: pixels out of place, each by its own small step."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.4, 0.7, 1, 1.5, 2.5),
    unit="step_sigma_px",
    citation="KADID-10k jitter; the steps are normal, and the levels ours",
    bytes_per_px=40,
)
def jitter(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Take each pixel from a place N(0, `strength`) px away in x and in y, drawn once for the clip."""
    height_px, width_px = frames.shape[1:3]
    y, x = np.mgrid[:height_px, :width_px].astype(np.float32)
    # At three sigma the step ends, so that a margin around a box is enough.
    steps = (strength * rng.standard_normal((2, height_px, width_px), np.float32)).clip(-3 * strength, 3 * strength)
    shaken = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, shaken, strict=True):
        after[:] = cv2.remap(before, x + steps[0], y + steps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return shaken
