"""Noise in color components: what a sensor's noise becomes when luma and chroma are stored."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._noise import Noise


@distortion(
    strengths=(2.55, 5.70, 8.06, 11.4, 14.0),
    unit="sigma_of_255",
    citation="KADID-10k white noise in color component, levels of ARNIQA: variances 0.0001 to 0.003",
)
def ycbcr_noise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add N(0, `strength`) to Y, Cb and Cr, drawn anew for each pixel, component and frame."""
    noise, noisy = Noise(strength), np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, noisy, strict=True):
        parts = cv2.cvtColor(before, cv2.COLOR_RGB2YCrCb)
        noise.add(parts, rng.integers(0, 1 << 16, parts.shape, np.uint16), parts)
        cv2.cvtColor(parts, cv2.COLOR_YCrCb2RGB, dst=after)
    return noisy
