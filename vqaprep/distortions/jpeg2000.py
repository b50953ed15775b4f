"""JPEG 2000: wavelet compression of every frame by itself, as in digital cinema."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(16, 32, 45, 120, 170),
    unit="compression_ratio",
    citation="KADID-10k JPEG 2000 compression, levels of ARNIQA",
)
def jpeg2000(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Compress each frame to 1 / `strength` of its raw size and decompress it."""
    below, right = (max(0, _SMALLEST_PX - size_px) for size_px in frames.shape[1:3])
    settings = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, max(1, round(1000 / strength))]
    compressed = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, compressed, strict=True):
        padded = cv2.copyMakeBorder(before, 0, below, 0, right, cv2.BORDER_REPLICATE)
        _, code = cv2.imencode(".jp2", cv2.cvtColor(padded, cv2.COLOR_RGB2BGR), settings)
        picture = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR_RGB), np.uint8)
        after[:] = picture[: after.shape[0], : after.shape[1]]
    return compressed


_SMALLEST_PX = 64  # OpenJPEG halves the picture five times and refuses smaller ones
