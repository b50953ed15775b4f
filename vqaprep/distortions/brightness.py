"""Brightness: mid-tones lifted or lowered, black and white kept."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.1, 0.2, 0.4, 0.7, 1.1, -0.05, -0.1, -0.2, -0.4, -0.8),
    unit="amount",
    citation="KADID-10k brighten (levels 1 to 5) and darken (6 to 10), levels of ARNIQA",
    orders=((1, 2, 3, 4, 5), (6, 7, 8, 9, 10)),
)
def brightness(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Map each value v in [0, 1] to v + 2 s v (1 - v): the parabola through (0, 0), (.5, .5 + s/2), (1, 1)."""
    values = np.arange(256) / 255
    curve = np.rint(255 * (values + 2 * strength * values * (1 - values)).clip(0, 1)).astype(np.uint8)
    return np.asarray(cv2.LUT(frames.reshape(-1, 1), curve), np.uint8).reshape(frames.shape)
