"""Compare cuts of a picture that hold writing: the same letters, and in the same place."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]

_WINDOW_PX = 5  # about a letter
_SAME_LEVELS = 30.0  # luma change of a window up to which it shows the same letter
_SAME_LETTERS = 0.93  # least correlation; of a and e it is below 0.9
_LEAST_PX = 4
PLAIN = 8.0
"""Luma deviation below which a part holds no letter."""
_SEEN_AGAIN = 0.5  # least correlation of writing with itself before another ground; of other writing it is about 0.3
_IN_PLACE_PX = 1  # the box of writing is cut at whole pixels
_AS_GOOD = 0.05  # correlation by which another place must be better


def cut(gray: Gray, box: Box) -> Gray:
    """Return the part of a picture, uint8 (h, w), that holds `box`."""
    left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
    return gray[top : top + max(1, round(box.h_px)), left : left + max(1, round(box.w_px))]


def has_same_letters(first: Gray, second: Gray) -> bool:
    """Say if two cuts, uint8 (h, w), hold the same writing, letter for letter."""
    return is_same(first, second) or _least_likeness(first, second) >= _SAME_LETTERS


def is_same(first: Gray, second: Gray) -> bool:
    """Say if two cuts, uint8 (h, w), show nearly the same pixels."""
    if first.shape != second.shape or not first.size:
        return False
    change = cv2.blur(cv2.absdiff(first, second), (_WINDOW_PX, _WINDOW_PX))
    return float(change.max()) <= _SAME_LEVELS


def is_in_place(letters: Gray, gray: Gray, box: Box) -> bool | None:
    """Say if writing that was cut at `box` is there in another picture, uint8 (h, w), or has moved from there.

    None: it is not seen within its own height. Names of tiles stay while what is behind them moves; writing on
    clothes and things moves with them, if only by a pixel or two.
    """
    reach = max(2, round(box.h_px))
    left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
    first_x, first_y = max(0, left - reach), max(0, top - reach)
    around = gray[first_y : top + letters.shape[0] + reach, first_x : left + letters.shape[1] + reach]
    if (
        min(letters.shape) < _LEAST_PX
        or letters.std() < PLAIN
        or any(a < b for a, b in zip(around.shape, letters.shape, strict=True))
    ):
        return None
    alike = cv2.matchTemplate(around, letters, cv2.TM_CCOEFF_NORMED)
    if alike.max() < _SEEN_AGAIN:
        return None
    y, x = top - first_y, left - first_x
    near = alike[max(0, y - _IN_PLACE_PX) : y + _IN_PLACE_PX + 1, max(0, x - _IN_PLACE_PX) : x + _IN_PLACE_PX + 1]
    return bool(near.size and near.max() >= alike.max() - _AS_GOOD)


def _least_likeness(first: Gray, second: Gray) -> float:
    """Return the least correlation of two cuts over their parts of about a letter, -1 to 1."""
    if first.shape != second.shape or min(first.shape) < _LEAST_PX:
        return -1.0
    parts = max(1, round(2 * first.shape[1] / first.shape[0]))
    pairs = zip(np.array_split(first, parts, axis=1), np.array_split(second, parts, axis=1), strict=True)
    return min((_likeness(a, b) for a, b in pairs if a.std() >= PLAIN), default=-1.0)


def _likeness(first: Gray, second: Gray) -> float:
    """Return the correlation of two pictures, -1 to 1."""
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))
