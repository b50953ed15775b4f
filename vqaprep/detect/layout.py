"""Detect when captions or other writing appear or disappear, cheaply enough for several calls per second."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.uint8]
Blocks = npt.NDArray[np.bool_]

WIDTH_PX = 320
_BLOCK_PX = (8, 16)  # about the height of a caption's letters, and twice that
_STEP = 24  # luma step between neighbouring pixels that counts as the edge of a stroke
_WRITTEN, _BLANK = 0.25, 0.08  # share of such pixels from which a block is writing, and up to which it is none
_STILL = 3.0  # mean luma change up to which a block is still


class Layout:
    """Compares still blocks with the last stored picture, so that moving people are not mistaken for writing."""

    def __init__(self) -> None:
        self._before: Gray | None = None
        self._remembered: npt.NDArray[np.float32] | None = None
        self._pending: Blocks | None = None

    def is_changed(self, gray: Gray) -> bool:
        """Say if neighbouring blocks turned to writing, or from it, and stood still so for two calls in a row.

        `gray` is uint8 (h, `WIDTH_PX`); the first call says yes.
        """
        if self._before is None or self._remembered is None or self._pending is None:
            return True
        now = _strokes(gray)
        still = _block_means(cv2.absdiff(gray, self._before)) <= _STILL
        came = (now > _WRITTEN) & (self._remembered < _BLANK)
        went = (now < _BLANK) & (self._remembered > _WRITTEN)
        changed = still & (came | went)
        steady, self._pending, self._before = changed & self._pending, changed, gray
        return bool((steady[:, 1:] & steady[:, :-1]).any())

    def remember(self, gray: Gray) -> None:
        """Take the picture as the one whose captions are known."""
        self._before, self._remembered = gray, _strokes(gray)
        self._pending = np.zeros(self._remembered.shape, np.bool_)


def _strokes(gray: Gray) -> npt.NDArray[np.float32]:
    """Return the share of stroke edges in each block."""
    steps = np.zeros(gray.shape, np.uint8)
    steps[:, 1:] = cv2.absdiff(gray[:, 1:], gray[:, :-1]) > _STEP
    return _block_means(steps)


def _block_means(picture: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return the mean of each block; what does not fill a block is left out, unless the picture holds no whole one."""
    rows, columns = (max(side // block, 1) for side, block in zip(picture.shape, _BLOCK_PX, strict=True))
    whole = picture[: rows * _BLOCK_PX[0], : columns * _BLOCK_PX[1]].astype(np.float32)
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
