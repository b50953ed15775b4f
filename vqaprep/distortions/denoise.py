"""Denoise: what noise reduction leaves, fine texture gone with the noise."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._noise import Noise


@distortion(
    strengths=(4, 8, 14, 22, 32),
    unit="sigma_of_255",
    citation="KADID-10k denoise, by a bilateral filter in place of a network; the levels are ours",
    bytes_per_px=40,
)
def denoise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add N(0, `strength`) to each sample, then smooth by a bilateral filter of 4 px and 4 sigma of color."""
    noise, smooth = Noise(strength), np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, smooth, strict=True):
        noisy = np.empty_like(before)
        noise.add(before, rng.integers(0, 1 << 16, before.shape, np.uint16), noisy)
        after[:] = cv2.bilateralFilter(noisy, _DIAMETER_PX, 4 * strength, _RADIUS_PX)
    return smooth


_DIAMETER_PX, _RADIUS_PX = 9, 4
