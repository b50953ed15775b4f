"""White noise: each color of each pixel disturbed by itself, new in every frame."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion
from vqaprep.distortions._noise import Noise


@distortion(
    strengths=(8.06, 11.4, 14.0, 18.0, 25.5),
    unit="sigma_of_255",
    citation="KADID-10k white noise, levels of ARNIQA: variances 0.001, 0.002, 0.003, 0.005, 0.01",
)
def white_noise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add N(0, `strength`), rounded and clipped, drawn anew for each pixel, channel and frame."""
    noise, noisy = Noise(strength), np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, noisy, strict=True):
        noise.add(before, rng.integers(0, 1 << 16, before.shape, np.uint16), after)
    return noisy
