"""Pixelate: blocks of one color, as a picture shown far above its resolution."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(2, 3, 4, 6, 8),
    unit="block_px",
    citation="KADID-10k pixelate; sizes of blocks are ours",
    margin_px=24,
)
def pixelate(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Give each block of `strength` x `strength` px its mean color."""
    block_px = round(strength)
    height_px, width_px = frames.shape[1:3]
    below, right = -height_px % block_px, -width_px % block_px
    size = (width_px + right) // block_px, (height_px + below) // block_px
    coarse = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, coarse, strict=True):
        padded = cv2.copyMakeBorder(before, 0, below, 0, right, cv2.BORDER_REPLICATE)
        small = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
        after[:] = np.repeat(np.repeat(small, block_px, 0), block_px, 1)[:height_px, :width_px]
    return coarse
