"""Gaussian noise from 16-bit draws and a lookup table, which is faster than floating-point draws."""

from math import ceil, erf, sqrt

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.distortions import Frames


def rounded_normal(sigma: float) -> npt.NDArray[np.int64]:
    """Return the (65536,) table that turns uniform 16-bit numbers into rounded N(0, sigma)."""
    limit = ceil(5 * sigma)
    below = [0.5 * (1 + erf((value + 0.5) / (sigma * sqrt(2)))) for value in range(-limit, limit)]
    uniform = (np.arange(1 << 16) + 0.5) / (1 << 16)
    return np.searchsorted(below, uniform) - limit


class Noise:
    """Rounded N(0, sigma) to be added to uint8 pictures, clipped to 0 to 255."""

    def __init__(self, sigma: float) -> None:
        noise_of = rounded_normal(sigma)
        # Added and taken away as two uint8 pictures, since OpenCV saturates those several times faster than int16.
        self._brighter_of, self._darker_of = (np.clip(side, 0, 255).astype(np.uint8) for side in (noise_of, -noise_of))

    def add(self, picture: Frames, drawn: npt.NDArray[np.uint16], target: Frames) -> None:
        """Write `picture` with the noise of `drawn` to `target`; gray draws (H, W) are equal in all channels."""
        shades = (self._brighter_of.take(drawn), self._darker_of.take(drawn))
        brighter, darker = (cv2.cvtColor(one, cv2.COLOR_GRAY2RGB) if one.ndim < picture.ndim else one for one in shades)
        cv2.add(picture, brighter, dst=target)
        cv2.subtract(target, darker, dst=target)
