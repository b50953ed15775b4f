"""Recognize captions that were read before by their pixels, so that a layout that comes back is not read again."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.names import is_name
from vqaprep.detect.text import Reading
from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]

_SURE = 0.5
_WINDOW_PX = 5  # about a letter
_SAME_LEVELS = 30.0  # luma change of a window up to which it shows the same letter
_MOST_LAYOUTS = 16


@dataclass(frozen=True, slots=True)
class _Layout:
    num_faces: int
    readings: tuple[Reading, ...]
    patches: tuple[tuple[Box, Gray], ...]


class KnownCaptions:
    """The layouts read so far, each with what its sure names look like."""

    def __init__(self) -> None:
        self._layouts: list[_Layout] = []

    def find(self, gray: Gray, *, num_faces: int) -> list[Reading] | None:
        """Return the readings of a known layout if all its names stand in `gray`, uint8 (h, w), letter for letter.

        The number of faces must be the same too: who joins may bring a name.
        """
        for layout in self._layouts:
            if layout.num_faces == num_faces and all(_is_same(_cut(gray, box), patch) for box, patch in layout.patches):
                return list(layout.readings)
        return None

    def add(self, gray: Gray, readings: list[Reading], *, num_faces: int) -> None:
        """Remember the sure names among `readings`, whose boxes are in the pixels of `gray`; without one, nothing."""
        sure = tuple(r for r in readings if r.score >= _SURE and is_name(r.text))
        if sure:
            patches = tuple((r.box, _cut(gray, r.box).copy()) for r in sure)
            self._layouts = [_Layout(num_faces, sure, patches), *self._layouts][:_MOST_LAYOUTS]


def _cut(gray: Gray, box: Box) -> Gray:
    left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
    return gray[top : top + max(1, round(box.h_px)), left : left + max(1, round(box.w_px))]


def _is_same(first: Gray, second: Gray) -> bool:
    if first.shape != second.shape or not first.size:
        return False
    change = cv2.blur(cv2.absdiff(first, second), (_WINDOW_PX, _WINDOW_PX))
    return float(change.max()) <= _SAME_LEVELS
