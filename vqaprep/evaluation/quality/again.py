"""Features from distortion aggravation: further damage changes a picture little if it has that damage already.

Pseudo references after Min et al., "Blind image quality estimation via distortion aggravation" (2018).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vqaprep.evaluation.quality.spatial import Numbers, Plane

_STEADY = 170.0  # keeps similarities of flat pictures defined; the constant of GMSD (Xue et al., 2014)


def aggravation_numbers(luma: Plane) -> Numbers:
    """Compare float32 luma (H, W) with itself blurred, made small, compressed and cleaned of noise."""
    slope = _slope(luma)
    height, width = luma.shape
    numbers: Numbers = {}
    small = {}
    for share in (0.75, 0.5):
        size = max(8, round(width * share)), max(8, round(height * share))
        less = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
        small[f"small{round(100 * share)}"] = cv2.resize(less, (width, height), interpolation=cv2.INTER_CUBIC)
    small["blur"] = cv2.GaussianBlur(luma, (0, 0), 1.2)
    picture = np.clip(luma, 0, 255).astype(np.uint8)
    small["median"] = np.asarray(cv2.medianBlur(picture, 3), np.float32)
    for quality in (10, 40):
        small[f"jpeg{quality}"] = _compressed(picture, quality)
    # Moved by half a block, a picture with block edges of its own loses more.
    small["moved"] = _compressed(np.ascontiguousarray(picture[4:, 4:]), 10)
    for name, other in small.items():
        here, its_slope = (luma[4:, 4:], slope[4:, 4:]) if name == "moved" else (luma, slope)
        likeness = _likeness(its_slope, _slope(np.asarray(other, np.float32)))
        numbers[f"{name}_like"], numbers[f"{name}_like_dev"] = float(likeness.mean()), float(likeness.std())
        lost = np.abs(here - other)
        numbers[f"{name}_lost"] = float(np.log(lost.mean() + 0.01))
        if name in ("median", "blur", "jpeg10"):
            low, high = np.percentile(cv2.blur(lost, (9, 9))[4::8, 4::8], (10, 90))
            numbers[f"{name}_lost_low"] = float(np.log(low + 0.01))
            numbers[f"{name}_lost_high"] = float(np.log(high + 0.01))
    numbers["moved_gain"] = numbers["moved_lost"] - numbers["jpeg10_lost"]
    return numbers


def _slope(luma: Plane) -> Plane:
    kernel = np.array([1, 1, 1], np.float32) / 3
    step = np.array([1, 0, -1], np.float32)
    across = cv2.sepFilter2D(luma, cv2.CV_32F, step, kernel)
    down = cv2.sepFilter2D(luma, cv2.CV_32F, kernel, step)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _likeness(one: Plane, other: Plane) -> Plane:
    return np.asarray((2 * one * other + _STEADY) / (one * one + other * other + _STEADY), np.float32)


def _compressed(picture: NDArray[np.uint8], quality: int) -> Plane:
    _, code = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.float32)
