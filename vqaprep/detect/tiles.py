"""Find the tile of a video call that a caption lies in, by the straight edges around it."""

import cv2
import numpy as np
import numpy.typing as npt

from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_STEP = 10  # luma step across an edge
_LENGTH = 0.22  # shortest edge of a tile over the picture's side
_UNBROKEN = 0.95  # share of an edge that must be there
_OWN_EDGES = 1.6  # caption heights around it in which edges belong to its own backdrop


class Edges:
    """The long straight upright and level edges of one picture, uint8 (h, w)."""

    def __init__(self, gray: Gray) -> None:
        self._size_px = gray.shape[1], gray.shape[0]
        self._upright = _long_edges(gray)
        self._level = _long_edges(np.ascontiguousarray(gray.T)).T

    def tile_around(self, box: Box) -> Box:
        """Return the largest rectangle around `box` that no tile edge enters, in the picture's pixels."""
        width, height = self._size_px
        x, y = (int(np.clip(v, 0, limit - 1)) for v, limit in zip(box.center_px, self._size_px, strict=True))
        pad = _OWN_EDGES * box.h_px
        left, right = _free(self._upright[y], box.x_px - box.h_px, box.x_px + box.w_px + box.h_px)
        top, bottom = _free(self._level[:, x], box.y_px - pad, box.y_px + box.h_px + pad)
        return Box(left, top, min(right, width) - left, min(bottom, height) - top)


def _long_edges(gray: Gray) -> Mask:
    """Return where an upright edge passes that goes on, unbroken, for a tile's least height around that place."""
    values = gray.astype(np.int16)
    steps = np.zeros(gray.shape, np.float32)
    steps[:, 1:] = np.abs(np.diff(values, axis=1)) > _STEP
    length = max(9, round(_LENGTH * gray.shape[0]) | 1)
    runs = cv2.boxFilter(steps, -1, (1, length), borderType=cv2.BORDER_CONSTANT) >= _UNBROKEN
    return cv2.dilate(runs.astype(np.uint8), np.ones((length, 1), np.uint8)) > 0


def _free(edges: Mask, start: float, end: float) -> tuple[float, float]:
    """Return how far [start, end) can grow along a line before it meets an edge."""
    places = np.flatnonzero(edges)
    before, after = places[places < start], places[places > end]
    return float(before.max(initial=0)), float(after.min(initial=len(edges)))
