"""Color saturation: colors made stronger than they were."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(1.5, 2, 3, 4.5, 7),
    unit="factor",
    citation="KADID-10k color saturation 2, ARNIQA's 2 and 3 are levels 2 and 3, the others are ours",
)
def color_saturation(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Multiply a and b of CIELAB by `strength`; keep L."""
    curve = np.rint(128 + strength * (np.arange(256) - 128.0)).clip(0, 255).astype(np.uint8)
    curves = np.stack([np.arange(256, dtype=np.uint8), curve, curve], axis=-1)[None]
    stronger = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, stronger, strict=True):
        cv2.cvtColor(cv2.LUT(cv2.cvtColor(before, cv2.COLOR_RGB2LAB), curves), cv2.COLOR_LAB2RGB, dst=after)
    return stronger
