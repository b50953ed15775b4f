"""Color desaturation: colors faded towards gray."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.8, 0.65, 0.5, 0.35, 0.2),
    unit="factor",
    citation="KADID-10k color saturation 1; the levels are ours",
)
def color_desaturation(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Multiply saturation of HSV by `strength`; keep hue and value."""
    keep = np.arange(256, dtype=np.uint8)
    curves = np.stack([keep, np.rint(strength * keep).astype(np.uint8), keep], axis=-1)[None]
    faded = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, faded, strict=True):
        cv2.cvtColor(cv2.LUT(cv2.cvtColor(before, cv2.COLOR_RGB2HSV), curves), cv2.COLOR_HSV2RGB, dst=after)
    return faded
