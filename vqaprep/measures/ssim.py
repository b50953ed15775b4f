"""Structural similarity."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.measures import Frames, measure

_WINDOW_PX = 11
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # K1 and K2 of the paper, for 8 bits


@measure(title="SSIM", citation="Wang et al., Image quality assessment, IEEE TIP 13(4), 2004, equation 13")
def ssim(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Mean structural similarity of luma over frames.

    Gaussian window, sigma 1.5 cut at 11 x 11, population variances; pixels whose window leaves the picture are left
    out. A side under 11 px holds no whole window: all its pixels count, with the picture mirrored beyond them.
    """
    pairs = zip(reference, distorted, strict=True)
    return float(np.mean([_of_frame(luma(a), luma(b)) for a, b in pairs]))


def luma(frame: Frames) -> npt.NDArray[np.float64]:
    """Return the luma of RGB (H, W, 3), 0 to 255."""
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.float64)


def _of_frame(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    mean_a, mean_b = _blurred(a), _blurred(b)
    variance_a, variance_b = _blurred(a * a) - mean_a**2, _blurred(b * b) - mean_b**2
    covariance = _blurred(a * b) - mean_a * mean_b
    top = (2 * mean_a * mean_b + _C1) * (2 * covariance + _C2)
    bottom = (mean_a**2 + mean_b**2 + _C1) * (variance_a + variance_b + _C2)
    return float((top / bottom).mean())


def _blurred(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # The window is 11 wide: the outer 5 pixels on each side would use pixels that OpenCV makes up.
    rows, columns = (slice(5, -5) if side_px >= _WINDOW_PX else slice(None) for side_px in values.shape)
    return np.asarray(cv2.GaussianBlur(values, (_WINDOW_PX, _WINDOW_PX), 1.5)[rows, columns], np.float64)
