"""Quantization: few shades of gray under full color, banding in skies and walls."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(20, 14, 10, 7, 5),
    unit="shades_of_luma",
    citation="KADID-10k quantization, in evenly spaced shades; ARNIQA's 20, 10 and 7 are levels 1, 3 and 4",
)
def quantization(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Round luma to `strength` shades, evenly spaced from 0 to 255; keep chroma."""
    steps = round(strength) - 1
    keep = np.arange(256, dtype=np.uint8)
    curve = np.rint(np.rint(keep * (steps / 255)) * 255 / steps).astype(np.uint8)
    curves = np.stack([curve, keep, keep], axis=-1)[None]
    banded = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, banded, strict=True):
        cv2.cvtColor(cv2.LUT(cv2.cvtColor(before, cv2.COLOR_RGB2YCrCb), curves), cv2.COLOR_YCrCb2RGB, dst=after)
    return banded
