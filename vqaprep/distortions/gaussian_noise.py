"""Gaussian noise: a sensor short of light, new in every frame."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._noise import Noise


@distortion(
    strengths=(5.1, 10.2, 15.3),
    unit="sigma_of_255",
    citation="SelfVQA (SRL-VQA) distortion set, 0.02 x 255 x level, the same on the three channels",
)
def gaussian_noise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add N(0, `strength`), rounded and clipped, drawn anew for each pixel and frame, equal in R, G and B."""
    noise, noisy = Noise(strength), np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, noisy, strict=True):
        noise.add(before, rng.integers(0, 1 << 16, before.shape[:2], np.uint16), after)
    return noisy
