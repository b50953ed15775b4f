"""Impulse noise: dead and hot pixels, bits that were lost on the way."""

import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.001, 0.005, 0.01, 0.02, 0.03),
    unit="share_of_samples",
    citation="KADID-10k impulse noise, levels of ARNIQA",
)
def impulse_noise(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Set a share `strength` of all samples to 0 or 255, drawn anew for each frame."""
    noisy = frames.copy()
    ends = round(strength / 2 * (1 << 16)) or 1
    for after in noisy:
        drawn = rng.integers(0, 1 << 16, after.shape, np.uint16)
        after[drawn < ends] = 0
        after[drawn >= (1 << 16) - ends] = 255
    return noisy
