"""Gaussian noise: a sensor short of light, new in every frame."""

from math import ceil, erf, sqrt

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.distortions import Frames, Source, distortion


@distortion(
    strengths=(5.1, 10.2, 15.3),
    unit="sigma_of_255",
    citation="SelfVQA (SRL-VQA) distortion set, 0.02 x 255 x level, the same on the three channels",
)
def gaussian_noise(frames: Frames, strength: float, rng: np.random.Generator, source: Source) -> Frames:
    """Add N(0, `strength`), rounded and clipped, drawn anew for each pixel and frame, equal in R, G and B."""
    noise_of = _rounded_normal(strength)
    # Added and taken away as two uint8 pictures, since OpenCV saturates those several times faster than int16.
    brighter_of, darker_of = (np.clip(side, 0, 255).astype(np.uint8) for side in (noise_of, -noise_of))
    noisy = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, noisy, strict=True):
        drawn = rng.integers(0, 1 << 16, before.shape[:2], np.uint16)
        cv2.add(before, cv2.cvtColor(brighter_of.take(drawn), cv2.COLOR_GRAY2RGB), dst=after)
        cv2.subtract(after, cv2.cvtColor(darker_of.take(drawn), cv2.COLOR_GRAY2RGB), dst=after)
    return noisy


def _rounded_normal(sigma: float) -> npt.NDArray[np.int64]:
    """Return the (65536,) table that turns uniform 16-bit numbers into rounded N(0, sigma)."""
    limit = ceil(5 * sigma)
    below = [0.5 * (1 + erf((value + 0.5) / (sigma * sqrt(2)))) for value in range(-limit, limit)]
    uniform = (np.arange(1 << 16) + 0.5) / (1 << 16)
    return np.searchsorted(below, uniform) - limit
