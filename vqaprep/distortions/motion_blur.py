"""Motion blur: the camera moves in a straight line while the shutter is open."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.distortions import Frames, SourceInfo, distortion

Kernel = npt.NDArray[np.float32]


@distortion(
    strengths=(9, 17, 25),
    unit="length_px",
    citation="SelfVQA (SRL-VQA) distortion set, kernel 8, 16, 24 made odd; one angle a clip, not one a frame",
)
def motion_blur(frames: Frames, strength: float, rng: np.random.Generator, source: SourceInfo) -> Frames:
    """Average along a line of `strength` px at an angle drawn once for the clip."""
    kernel = _line(round(strength), rng.uniform(0, 180))
    blurred = np.empty(frames.shape, np.uint8)
    for before, after in zip(frames, blurred, strict=True):
        _filter(before, kernel, after)
    return blurred


def _line(length_px: int, angle_deg: float) -> Kernel:
    centre = (length_px - 1) / 2
    upright = np.zeros((length_px, length_px), np.float32)
    upright[:, length_px // 2] = 1
    turn = cv2.getRotationMatrix2D((centre, centre), angle_deg, 1)
    line = cv2.warpAffine(upright, turn, (length_px, length_px))
    return np.asarray(line / line.sum(), np.float32)


def _filter(before: Frames, kernel: Kernel, after: Frames) -> None:
    """Filter one (H, W, 3) frame with a kernel that is mostly zeros, tile by tile of the kernel.

    OpenCV skips zeros in small kernels and takes Fourier transforms for large ones, several times slower.
    """
    height_px, width_px, _ = before.shape
    margin_px = len(kernel) // 2
    padded = cv2.copyMakeBorder(before, margin_px, margin_px, margin_px, margin_px, cv2.BORDER_REFLECT_101)
    total = np.zeros(before.shape, np.int16)
    for top in range(0, len(kernel), _TILE_PX):
        for left in range(0, len(kernel), _TILE_PX):
            tile = kernel[top : top + _TILE_PX, left : left + _TILE_PX]
            if not tile.any():
                continue
            rows, columns = tile.shape
            shifted = padded[top : top + height_px + rows - 1, left : left + width_px + columns - 1]
            part = cv2.filter2D(shifted, cv2.CV_16S, _PARTS_OF_LEVEL * tile)
            part = part[rows // 2 : rows // 2 + height_px, columns // 2 : columns // 2 + width_px]
            cv2.add(total, part, dst=total)
    cv2.convertScaleAbs(total, dst=after, alpha=1 / _PARTS_OF_LEVEL)


_TILE_PX = 10  # OpenCV turns to Fourier transforms at 11 x 11
_PARTS_OF_LEVEL = 64  # 255 levels in 64ths fit int16
