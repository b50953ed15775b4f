"""High sharpen: halos around edges, as cheap cameras and televisions add."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(0.3, 0.6, 1, 1.6, 2.5),
    unit="amount",
    citation="KADID-10k high sharpen, unsharp mask of sigma 3 on L; ARNIQA's 1 is level 3, the others are ours",
)
def sharpen(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Add `strength` times the difference between L of CIELAB and its blur of sigma 3 px to L."""
    sharp = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, sharp, strict=True):
        lab = cv2.cvtColor(before, cv2.COLOR_RGB2LAB)
        light = np.ascontiguousarray(lab[..., 0])
        blurred = cv2.GaussianBlur(light, (_SIZE_PX, _SIZE_PX), _SIGMA_PX, borderType=cv2.BORDER_REPLICATE)
        lab[..., 0] = cv2.addWeighted(light, 1 + strength, blurred, -strength, 0)
        cv2.cvtColor(lab, cv2.COLOR_LAB2RGB, dst=after)
    return sharp


_SIGMA_PX, _SIZE_PX = 3, 19  # cut off at three sigma
