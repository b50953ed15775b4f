"""Mean shift: the whole picture brighter by a constant, with whites clipped."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(20, 38, 55, 75, 100),
    unit="amount_of_255",
    citation="KADID-10k mean shift; ARNIQA's 0.08 and 0.15 of 255 are levels 1 and 2, the others are ours",
)
def mean_shift(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add `strength` to every sample, clipped at 255."""
    curve = (np.arange(256) + strength).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(frames.reshape(-1, 1), curve), np.uint8).reshape(frames.shape)
