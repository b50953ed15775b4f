"""Lens blur: a point becomes a disc, as an open aperture out of focus makes it."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(1, 2, 3, 4, 5),
    unit="radius_px",
    citation="KADID-10k lens blur, ARNIQA's 1, 2, 4 are among the levels",
)
def lens_blur(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Average over a disc of radius `strength` px."""
    radius = round(strength)
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    # Half a pixel more than the radius: samples whose centres the circle just passes belong to it.
    disc = (np.hypot(x, y) <= radius + 0.5).astype(np.float32)
    blurred = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, blurred, strict=True):
        cv2.filter2D(before, -1, disc / disc.sum(), dst=after, borderType=cv2.BORDER_REPLICATE)
    return blurred
