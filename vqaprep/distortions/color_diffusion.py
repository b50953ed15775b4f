"""Color diffusion: colors run over edges, as in analog tape and in strong chroma compression."""

import cv2
import numpy as np

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(1.5, 2.5, 4, 7, 13),
    unit="sigma_px",
    citation="KADID-10k color diffusion, without its gain of saturation; the levels are ours",
    margin_px=64,
)
def color_diffusion(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Blur a and b of CIELAB with a Gaussian of `strength` px, cut off at three sigma; keep L."""
    size_px = 2 * round(3 * strength) + 1
    diffused = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, diffused, strict=True):
        lab = cv2.cvtColor(before, cv2.COLOR_RGB2LAB)
        lab[..., 1:] = cv2.GaussianBlur(lab[..., 1:], (size_px, size_px), strength, borderType=cv2.BORDER_REPLICATE)
        cv2.cvtColor(lab, cv2.COLOR_LAB2RGB, dst=after)
    return diffused
