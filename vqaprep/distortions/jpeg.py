"""JPEG: every frame compressed by itself, as motion-JPEG cameras do."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(43, 36, 24, 7, 4),
    unit="quality",
    citation="KADID-10k JPEG compression, levels of ARNIQA",
)
def jpeg(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Compress each frame at quality `strength` (1 to 100, lower is worse) and decompress it."""
    settings = [cv2.IMWRITE_JPEG_QUALITY, round(strength)]
    compressed = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, compressed, strict=True):
        _, code = cv2.imencode(".jpg", cv2.cvtColor(before, cv2.COLOR_RGB2BGR), settings)
        after[:] = cv2.imdecode(code, cv2.IMREAD_COLOR_RGB)
    return compressed
