"""Gaussian blur: a lens out of focus, constant over the clip."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(1, 2, 3),
    unit="sigma_px",
    citation="SelfVQA (SRL-VQA) distortion set, kernel 3, 5, 7 for sigma 1, 2, 3",
)
def gaussian_blur(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Blur with a Gaussian of `strength` px cut off at one sigma: a kernel of 2 sigma + 1 px."""
    size_px = 2 * round(strength) + 1
    blurred = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, blurred, strict=True):
        cv2.GaussianBlur(before, (size_px, size_px), strength, dst=after)
    return blurred
