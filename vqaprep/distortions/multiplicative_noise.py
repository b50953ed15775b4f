"""Multiplicative noise: speckle, strong where the picture is bright."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._noise import rounded_normal


@distortion(
    strengths=(0.0316, 0.0707, 0.1, 0.141, 0.224),
    unit="sigma_of_value",
    citation="KADID-10k multiplicative noise, levels of ARNIQA: variances 0.001, 0.005, 0.01, 0.02, 0.05",
    bytes_per_px=30,
)
def multiplicative_noise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Multiply each sample by 1 + N(0, `strength`), drawn anew for each pixel, channel and frame."""
    gain_of = (1 + rounded_normal(_STEPS * strength) / _STEPS).astype(np.float32)
    noisy = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, noisy, strict=True):
        gain = gain_of.take(rng.integers(0, 1 << 16, before.shape, np.uint16))
        cv2.multiply(before, gain, dst=after, dtype=cv2.CV_8U)
    return noisy


_STEPS = 1000  # of gain in 1: finer than any sample can show
