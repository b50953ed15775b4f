"""Pyramid: the picture sent at a fraction of its size and enlarged again."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(4, 8, 16),
    unit="scale",
    citation="ST-VQRL distortion set, 2, 3, 4 x pyrDown then pyrUp (Burt and Adelson, 1983)",
    margin_px=48,
)
def pyramid(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Halve each frame log2(`strength`) times with a Gaussian pyramid, then double it as often."""
    num_halvings = round(np.log2(strength))
    enlarged = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, enlarged, strict=True):
        levels = [before]
        for _ in range(num_halvings):
            levels.append(np.asarray(cv2.pyrDown(levels[-1]), np.uint8))
        picture = levels.pop()
        # Each level's own size is asked back, as doubling an odd size would stretch the picture.
        for level in reversed(levels):
            picture = np.asarray(cv2.pyrUp(picture, dstsize=level.shape[1::-1]), np.uint8)
        after[:] = picture
    return enlarged
