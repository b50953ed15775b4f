"""Look for faces in a whole picture now and then, and meanwhile only where faces were, if these are small."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vqaprep.detect.detection import Detection
from vqaprep.detect.faces import FindFaces
from vqaprep.rows import Box

Picture = npt.NDArray[np.uint8]
_Part = tuple[int, int, int, int]  # left, top, right, bottom

_WHOLE_EVERY_S = 4.0
_CLEAR = 0.8
_AROUND = 0.75  # face sizes on each side in which a face may have moved, or is needed by the detector to see it
_GRID_PX = 32  # coarsest cell of the detector: parts on this grid are seen as in the whole picture
_MOST_AREA = 0.5  # share of the picture from which looking at it whole costs no more


class FaceLooks:
    """Finds the faces of a film's pictures in turn, each uint8 (H, W, 3) RGB; boxes are in pixels of the picture."""

    def __init__(self, find: FindFaces) -> None:
        self._find = find
        self._last: list[Detection] = []
        self._whole_s = -float("inf")
        self._shape: tuple[int, ...] = ()

    def __call__(self, rgb: Picture, t_s: float, *, is_changed: bool) -> list[Detection]:
        """Return the faces of the picture at `t_s`; all of it is looked at where `is_changed`, or a face is missing."""
        parts = _parts([d.box for d in self._last], rgb.shape)
        is_due = is_changed or rgb.shape != self._shape or t_s >= self._whole_s + _WHOLE_EVERY_S
        if is_due or not parts or sum(map(_area, parts)) > _MOST_AREA * rgb.shape[0] * rgb.shape[1]:
            return self._whole(rgb, t_s)
        found = [moved for part in parts for moved in self._within(rgb, part)]
        if _num_clear(found) != _num_clear(self._last):
            return self._whole(rgb, t_s)
        self._last = found
        return found

    def _whole(self, rgb: Picture, t_s: float) -> list[Detection]:
        self._last, self._whole_s, self._shape = self._find(rgb), t_s, rgb.shape
        return self._last

    def _within(self, rgb: Picture, part: _Part) -> list[Detection]:
        left, top, right, bottom = part
        found = self._find(np.ascontiguousarray(rgb[top:bottom, left:right]))
        return [
            replace(
                d,
                box=replace(d.box, x_px=d.box.x_px + left, y_px=d.box.y_px + top),
                landmarks=tuple((x + left, y + top) for x, y in d.landmarks),
            )
            for d in found
        ]


def _parts(faces: Sequence[Box], shape: tuple[int, ...]) -> list[_Part]:
    """Return the parts of a picture around `faces`, on the detector's grid, none of which overlap."""
    parts: list[_Part] = []
    for face in faces:
        part = _around(face, shape)
        while touched := [other for other in parts if _overlap(part, other)]:
            parts = [other for other in parts if other not in touched]
            lefts, tops, rights, bottoms = zip(part, *touched, strict=True)
            part = min(lefts), min(tops), max(rights), max(bottoms)
        parts.append(part)
    return parts


def _around(face: Box, shape: tuple[int, ...]) -> _Part:
    reach = _AROUND * max(face.w_px, face.h_px)
    left, top = max(0.0, face.x_px - reach), max(0.0, face.y_px - reach)
    right, bottom = face.x_px + face.w_px + reach, face.y_px + face.h_px + reach
    whole = int(left // _GRID_PX) * _GRID_PX, int(top // _GRID_PX) * _GRID_PX
    return (
        *whole,
        min(shape[1], -int(-right // _GRID_PX) * _GRID_PX),
        min(shape[0], -int(-bottom // _GRID_PX) * _GRID_PX),
    )


def _overlap(first: _Part, second: _Part) -> bool:
    return first[0] < second[2] and second[0] < first[2] and first[1] < second[3] and second[1] < first[3]


def _area(part: _Part) -> int:
    return (part[2] - part[0]) * (part[3] - part[1])


def _num_clear(found: Sequence[Detection]) -> int:
    return sum(d.score >= _CLEAR for d in found)
