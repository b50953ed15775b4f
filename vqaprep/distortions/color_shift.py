"""Color shift: the green channel out of register near edges."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.distortions import Frames, SourceInfo, distortion


@distortion(
    strengths=(1, 3, 6, 8, 12),
    unit="shift_px",
    citation="KADID-10k color shift, levels of ARNIQA",
    margin_px=32,
)
def color_shift(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Move green by `strength` px in a direction drawn once for the clip, where the picture has edges."""
    angle = rng.uniform(0, 2 * np.pi)
    move = np.array([[1, 0, round(strength * np.cos(angle))], [0, 1, round(strength * np.sin(angle))]], float)
    shifted = frames.copy()
    for before, after in zip(frames, shifted, strict=True):
        green = before[..., 1].astype(np.float32)
        moved = cv2.warpAffine(green, move, green.shape[::-1], flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        after[..., 1] = np.rint(green + _edges(before) * (moved - green))
    return shifted


def _edges(frame: Frames) -> npt.NDArray[np.float32]:
    """Return the blurred gradient of `frame` (H, W, 3), scaled to [0, 1] between its 1st and 99th percentile."""
    gray = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    gradient = cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    edges = cv2.GaussianBlur(gradient, (17, 17), 4)
    low, high = np.percentile(edges, (1, 99))
    return np.asarray((edges - low) / max(high - low, 1e-6), np.float32).clip(0, 1)
