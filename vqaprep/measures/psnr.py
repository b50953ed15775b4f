"""Peak signal-to-noise ratio."""

from math import inf, log10

import cv2

from vqaprep.measures import Frames, measure


@measure(title="PSNR", unit="dB", citation="ITU-T J.340, of 8-bit RGB over all frames together", digits=1)
def psnr(reference: Frames, distorted: Frames, rate_fps: float) -> float:
    """Peak signal-to-noise ratio over all frames and channels; infinite for equal clips."""
    squares = 0.0
    # Frame by frame: the difference of whole clips would hold a float copy of both.
    for a, b in zip(reference, distorted, strict=True):
        squares += float(cv2.norm(a, b, cv2.NORM_L2SQR))
    return 10 * log10(255**2 * reference.size / squares) if squares else inf
