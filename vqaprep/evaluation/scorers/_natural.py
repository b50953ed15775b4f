"""Statistics of natural scenes, which BRISQUE and NIQE share.

The brightness of a picture, locally centred and scaled, follows a generalised Gaussian that distortions deform.
Written after the papers (Mittal, Moorthy and Bovik, TIP 2012; Mittal, Soundararajan and Bovik, SPL 2013) and the
behaviour of the authors' releases.
"""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import gamma

from vqaprep.errors import InputError

FloatArray = NDArray[np.float64]


def grays(frames_THWC: NDArray[np.uint8]) -> list[FloatArray]:
    """Return the luma (H, W) of each frame of a clip, uint8 (T, H, W, 3) RGB.

    Raises:
        InputError: other frames.
    """
    if frames_THWC.ndim != 4 or frames_THWC.dtype != np.uint8 or not len(frames_THWC):
        raise InputError(f"frames {frames_THWC.dtype} {frames_THWC.shape}; uint8 (T, H, W, 3) is allowed.")
    return [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float64) for frame in frames_THWC]


def contrast(gray: FloatArray, border: int) -> FloatArray:
    """Subtract the local mean and divide by the local deviation plus one, in a 7-pixel Gaussian window."""
    window = cv2.getGaussianKernel(7, 7 / 6)
    mean = cv2.sepFilter2D(gray, cv2.CV_64F, window, window, borderType=border)
    power = cv2.sepFilter2D(gray * gray, cv2.CV_64F, window, window, borderType=border)
    centred: FloatArray = (gray - mean) / (np.sqrt(np.abs(power - mean * mean)) + 1)
    # Flat areas leave rounding noise, whose sign, counted by the fits below, would differ between machines.
    centred[np.abs(centred) < 1e-9] = 0
    return centred


def half(gray: FloatArray) -> FloatArray:
    """Halve each side by bicubic interpolation with antialiasing, as MATLAB's imresize does."""
    # Keys' cubic (a = -1/2) stretched by two, at the distances 0.5, 1.5, 2.5 and 3.5 from a new pixel.
    side = np.array([111, 29, -9, -3]) / 256
    taps = np.concatenate([side[::-1], side])
    smooth = cv2.sepFilter2D(gray, cv2.CV_64F, taps, taps, anchor=(3, 3), borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth[::2, ::2], dtype=np.float64)


def neighbour_products(blocks_NHW: FloatArray) -> list[FloatArray]:
    """Multiply each block by its right, lower and two diagonal neighbours, around its edges; (N, H * W) each."""
    return [
        (blocks_NHW * np.roll(blocks_NHW, shift, axis=(1, 2))).reshape(len(blocks_NHW), -1)
        for shift in ((0, 1), (1, 0), (1, 1), (1, -1))
    ]


def asymmetric_fit(samples_NP: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Fit an asymmetric generalised Gaussian to each row: shape, left and right deviation; NaN without spread."""
    below, above = np.minimum(samples_NP, 0), np.maximum(samples_NP, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt(np.square(below).sum(axis=1) / np.count_nonzero(below, axis=1))
        right = np.sqrt(np.square(above).sum(axis=1) / np.count_nonzero(above, axis=1))
        ratio = np.abs(samples_NP).mean(axis=1) ** 2 / np.square(samples_NP).mean(axis=1)
        skew = (left**3 + right**3) * (left + right) / (left**2 + right**2) ** 2
    return shape_of(ratio * skew), left, right


def shape_of(ratio: FloatArray) -> FloatArray:
    """Invert (mean |x|)^2 / mean x^2 of a generalised Gaussian to its shape, in [0.2, 10]; NaN stays NaN."""
    shapes, ratios = _shape_table()
    return np.where(np.isnan(ratio), np.nan, np.interp(ratio, ratios, shapes))


@cache
def _shape_table() -> tuple[FloatArray, FloatArray]:
    shapes = np.arange(0.2, 10.001, 0.001)
    return shapes, gamma(2 / shapes) ** 2 / (gamma(1 / shapes) * gamma(3 / shapes))
