"""Color quantization: a palette of few colors."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(10, 8, 6, 4, 3),
    unit="shades_per_channel",
    citation="KADID-10k color quantization, by a fixed palette, the same in all frames; levels are ours",
)
def color_quantization(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Round R, G and B each to `strength` shades, evenly spaced from 0 to 255."""
    steps = round(strength) - 1
    curve = np.rint(np.rint(np.arange(256) * steps / 255) * 255 / steps).astype(np.uint8)
    return np.asarray(cv2.LUT(frames.reshape(-1, 1), curve), np.uint8).reshape(frames.shape)
