"""Motion blur: the camera moves in a straight line while the shutter is open."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.distortions import Frames, Source, distortion


@distortion(
    strengths=(9, 17, 25),
    unit="length_px",
    citation="SelfVQA (SRL-VQA) distortion set, kernel 8, 16, 24 made odd; one angle a clip, not one a frame",
)
def motion_blur(frames: Frames, strength: float, rng: np.random.Generator, source: Source) -> Frames:
    """Average along a line of `strength` px at an angle drawn once for the clip."""
    kernel = _line(round(strength), rng.uniform(0, 180))
    blurred = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, blurred, strict=True):
        cv2.filter2D(before, -1, kernel, dst=after)
    return blurred


def _line(length_px: int, angle_deg: float) -> npt.NDArray[np.float32]:
    centre = (length_px - 1) / 2
    upright = np.zeros((length_px, length_px), np.float32)
    upright[:, length_px // 2] = 1
    turn = cv2.getRotationMatrix2D((centre, centre), angle_deg, 1)
    line = cv2.warpAffine(upright, turn, (length_px, length_px))
    return np.asarray(line / line.sum(), np.float32)
