"""Recognize captions that were read before by their pixels, so that a layout that comes back is not read again."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.detect.names import as_pattern, difference, fits, is_name
from vqaprep.detect.text import Reading
from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]

_SURE = 0.5
_WINDOW_PX = 5  # about a letter
_SAME_LEVELS = 30.0  # luma change of a window up to which it shows the same letter
_MOST_LAYOUTS = 16
_SAME_LETTERS, _LIKE_STROKES = 0.93, 0.4  # least correlation; of a and e it is below 0.9, of other names about 0.3
_LEAST_PX = 4
_PLAIN = 8.0  # luma deviation below which a part holds no letter


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

    def recalled(self, gray: Gray, readings: list[Reading]) -> list[Reading]:
        """Return `readings` of `gray` with names as they were read best before, where the letters are still the same.

        A name that is read as another one, or with other digits, stays as it was read.
        """
        best = list(readings)
        for layout in self._layouts:
            for known, patch in zip(layout.readings, (patch for _, patch in layout.patches), strict=True):
                here = [r for r in best if _overlap(r.box, known.box)]
                is_better = all(r.score < known.score and _is_bad_reading(r.text, known.text) for r in here)
                is_elsewhere = any(r.text == known.text for r in best)
                if (
                    is_better
                    and not is_elsewhere
                    and patch.std() >= _PLAIN
                    and has_same_letters(patch, _cut(gray, known.box))
                ):
                    best = [*(r for r in best if r not in here), known]
        return best

    def add(self, gray: Gray, readings: list[Reading], *, num_faces: int) -> None:
        """Remember the sure names among `readings`, whose boxes are in the pixels of `gray`; without one, nothing."""
        sure = tuple(r for r in readings if r.score >= _SURE and is_name(r.text))
        if sure:
            patches = tuple((r.box, _cut(gray, r.box).copy()) for r in sure)
            self._layouts = [_Layout(num_faces, sure, patches), *self._layouts][:_MOST_LAYOUTS]


def _overlap(first: Box, second: Box) -> bool:
    width = min(first.x_px + first.w_px, second.x_px + second.w_px) - max(first.x_px, second.x_px)
    height = min(first.y_px + first.h_px, second.y_px + second.h_px) - max(first.y_px, second.y_px)
    return width > 0 and height > 0.5 * min(first.h_px, second.h_px)


def _is_bad_reading(text: str, name: str) -> bool:
    """Say if `text` may be what was read of the writing that is `name`."""
    return fits(text, as_pattern(name)) or difference(text, as_pattern(name)).startswith("similar")


def _cut(gray: Gray, box: Box) -> Gray:
    left, top = max(0, round(box.x_px)), max(0, round(box.y_px))
    return gray[top : top + max(1, round(box.h_px)), left : left + max(1, round(box.w_px))]


def has_same_letters(first: Gray, second: Gray) -> bool:
    """Say if two cuts, uint8 (h, w), hold the same writing, letter for letter."""
    return _is_same(first, second) or _least_likeness(first, second) >= _SAME_LETTERS


def may_have_same_letters(first: Gray, second: Gray) -> bool:
    """Say if two cuts, uint8 (h, w), may hold the same writing before something that moves."""
    return _is_same(first, second) or _least_likeness(first, second) >= _LIKE_STROKES


def _least_likeness(first: Gray, second: Gray) -> float:
    """Return the least correlation of two cuts over their parts of about a letter, -1 to 1."""
    if first.shape != second.shape or min(first.shape) < _LEAST_PX:
        return -1.0
    parts = max(1, round(2 * first.shape[1] / first.shape[0]))
    pairs = zip(np.array_split(first, parts, axis=1), np.array_split(second, parts, axis=1), strict=True)
    return min((_likeness(a, b) for a, b in pairs if a.std() >= _PLAIN), default=-1.0)


def _likeness(first: Gray, second: Gray) -> float:
    """Return the correlation of two pictures, -1 to 1."""
    a, b = first - first.mean(), second - second.mean()
    return float((a * b).sum() / max(np.sqrt((a * a).sum() * (b * b).sum()), 1e-9))


def _is_same(first: Gray, second: Gray) -> bool:
    if first.shape != second.shape or not first.size:
        return False
    change = cv2.blur(cv2.absdiff(first, second), (_WINDOW_PX, _WINDOW_PX))
    return float(change.max()) <= _SAME_LEVELS
