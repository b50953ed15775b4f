"""Describe the colours of a face and its surroundings, to detect when another person takes its place.

It compares colours, not features of a face: it detects that something else is in the box, never who it is.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.rows import Box

_STORED = np.dtype("<f4")
_SURROUNDINGS = 2.0  # side of the outer region over the side of the face
_LAB_BINS = (6, 8, 8)
_LAB_RANGES = (0, 256, 88, 168, 88, 168)  # skin, clothes and walls lie near the middle of a and b


def appearance(rgb: npt.NDArray[np.uint8], box: Box) -> bytes:
    """Return square roots of two Lab colour histograms: of the face, and of the face with its surroundings.

    They are 2 x 70 numbers of four bytes each: long films have many faces, and a tuple of numbers takes eight times as
    much.
    """
    (left, top, right, bottom), outer = (_region(rgb, box, scale) for scale in (1.0, _SURROUNDINGS))
    lab = cv2.cvtColor(rgb[outer[1] : outer[3], outer[0] : outer[2]], cv2.COLOR_RGB2LAB)
    face = lab[top - outer[1] : bottom - outer[1], left - outer[0] : right - outer[0]]
    return b"".join(np.sqrt(_histogram(region)).astype(_STORED).tobytes() for region in (face, lab))


def distance(first: bytes, second: bytes) -> float:
    """Return the mean Hellinger distance of two appearances, in [0, 1]."""
    roots = [np.frombuffer(one, _STORED).astype(np.float64).reshape(2, -1) for one in (first, second)]
    alike = np.clip((roots[0] * roots[1]).sum(1), 0.0, 1.0)
    return float(np.sqrt(1.0 - alike).mean())


def _region(rgb: npt.NDArray[np.uint8], box: Box, scale: float) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of `box` grown by `scale`, within the picture; it holds smaller scales."""
    height, width = rgb.shape[:2]
    (x, y), half_w, half_h = box.center_px, box.w_px * scale / 2, box.h_px * scale / 2
    left, top = int(np.clip(x - half_w, 0, width - 2)), int(np.clip(y - half_h, 0, height - 2))
    right, bottom = int(np.clip(x + half_w, left + 2, width)), int(np.clip(y + half_h, top + 2, height))
    return left, top, right, bottom


def _histogram(lab: Any) -> npt.NDArray[np.float64]:
    """Return the shares of lightness levels and of colours, together one."""
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(_LAB_BINS), list(_LAB_RANGES))
    marginals = np.concatenate([counts.sum((1, 2)), counts.sum(0).ravel()]).astype(np.float64)
    return marginals / max(float(marginals.sum()), 1.0)
