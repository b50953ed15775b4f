"""Contrast change: mid-tones pushed apart or together, black and white kept."""

import cv2
import numpy as np
from scipy.interpolate import CubicSpline

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.0, 0.15, -0.4, 0.3, -0.6),
    unit="amount",
    citation="KADID-10k contrast change, levels of ARNIQA",
    orders=((1, 2, 4), (3, 5)),
)
def contrast_linear(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Apply the not-a-knot spline through (0, 0), (.3, .25 - s/4), (.5, .5), (.7, .75 + s/4), (1, 1)."""
    knots = (0, 0.3, 0.5, 0.7, 1), (0, 0.25 - strength / 4, 0.5, 0.75 + strength / 4, 1)
    values = CubicSpline(*knots)(np.arange(256) / 255).clip(0, 1)
    curve = np.rint(255 * values).astype(np.uint8)
    return np.asarray(cv2.LUT(frames.reshape(-1, 1), curve), np.uint8).reshape(frames.shape)
