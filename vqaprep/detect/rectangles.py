"""Find the tile of a video call around a name, by straight edges that stay while the people move.

Tiles may touch, lie apart, have round corners and coloured borders. What all have in common is a rectangle whose
sides do not move, with the name near its lower or upper side. Many rectangles around a name may explain the edges;
each is returned with its price, and `detect/seating.py` decides with the faces and the other names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from vqaprep.detect.sightings import Tile
from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int32]

_STEP = 5  # luma step over two pixels, in the median over time, that counts as an edge
_CORNER = 0.08  # share at each end of a side that round corners may lack
_LEAST_SIDE = 0.1  # of the picture's side, for the first look for a side
_PRESENT = 0.6  # share of that length that must be an edge
_SPLITS = ((0.95, 1.2), (0.85, 0.6))  # share from which a line through a rectangle may split it in two: its price
_MOST_COST = 1.3  # missing shares of the four sides together
_AT_TOP_COST = 0.3  # call programs write names at the lower side, and the tile below begins there
_CORE = 0.7  # share of a face's sides in which no tile ends
_MOST_TILES = 32
_FLAT_LEVELS = 8  # luma up to which a pixel of a plain tile is like most others of it
_ASPECTS = 0.45, 2.5
_NEAR, _BELOW = 0.5, 2.0  # label heights that the tile's side may lie within the label, and beyond it
_LEAST_HEIGHT = 3.5  # label heights
_MOST_PRICED = 80  # the price of a split is looked up for the rectangles that lack least


@dataclass(frozen=True, slots=True)
class Line:
    """One candidate for a side, at pixel `at`."""

    at: int
    is_border: bool = False


class StillEdges:
    """The upright and level edges that several pictures, uint8 (h, w), of one layout have in common.

    `faces` are boxes in which people were seen meanwhile: no tile ends inside one.
    """

    def __init__(self, pictures: Sequence[Gray], faces: Sequence[Box] = ()) -> None:
        stack = np.stack(pictures).astype(np.int16)
        self._picture, (self._height, self._width) = pictures[-1], stack.shape[1:]
        upright, level = _edges(stack), _edges(stack.transpose(0, 2, 1))
        for face in faces:
            rows, columns = (slice(max(0, round(a)), max(0, round(b))) for a, b in _core(face))
            upright[rows, columns] = False
            level[columns, rows] = False
        self._upright, self._level = _sums(upright), _sums(level)

    def tiles_around(self, label: Box) -> tuple[Tile, ...]:
        """Return the rectangles that may be the tile with this name, the best first; none where no edges say."""
        found = {*self._anchored(label, is_bottom=True), *self._anchored(label, is_bottom=False)}
        best = sorted(found, key=lambda entry: (entry[0], entry[1].x_px, entry[1].y_px, entry[1].w_px, entry[1].h_px))
        return tuple(Tile(box, cost, self._flatness(box)) for cost, box in best[:_MOST_TILES])

    def _flatness(self, box: Box) -> float:
        """Return the share of a rectangle's pixels that have nearly its most common luma."""
        left, top = round(box.x_px), round(box.y_px)
        part = self._picture[top : top + round(box.h_px) : 2, left : left + round(box.w_px) : 2]
        return float((np.abs(part.astype(np.int16) - np.median(part)) <= _FLAT_LEVELS).mean())

    def _anchored(self, label: Box, *, is_bottom: bool) -> list[tuple[float, Box]]:
        """Return (cost, rectangle) of the tiles at whose lower, or upper, side the label stands."""
        size = label.h_px
        middle_x = round(np.clip(label.center_px[0], 0, self._width - 1))
        reach = max(round(_LEAST_SIDE * self._height), round(_LEAST_HEIGHT * size))
        if is_bottom:
            near = label.y_px + label.h_px - _NEAR * size, label.y_px + label.h_px + _BELOW * size
            rows = round(label.y_px + label.h_px - reach), round(label.y_px + label.h_px)
        else:
            near = label.y_px - _BELOW * size, label.y_px + _NEAR * size
            rows = round(label.y_px), round(label.y_px + reach)
        half = max(round(_LEAST_SIDE * self._width / 2), 4)
        level = self._lines(self._level, (middle_x - half, middle_x + half), self._height)
        upright = self._lines(self._upright, rows, self._width)
        usual = 0.0 if is_bottom else _AT_TOP_COST
        sides = [line for line in level if near[0] <= line.at <= near[1]]
        far = [line for line in level if (line.at <= label.y_px if is_bottom else line.at >= label.y_px + size)]
        lefts = [line for line in upright if line.at <= label.x_px + _NEAR * size]
        rights = [line for line in upright if line.at >= label.x_px + label.w_px - _NEAR * size]
        found: list[tuple[float, Box]] = []
        for side, other, left in product(sides, far, lefts):
            top, bottom = (other, side) if is_bottom else (side, other)
            if bottom.at - top.at >= _LEAST_HEIGHT * size:
                found += self._completed(left, rights, top, bottom)
        cheapest = sorted(found, key=lambda entry: entry[0])[:_MOST_PRICED]
        return [(usual + missing + self._split_cost(box, label), box) for missing, box in cheapest]

    def _completed(self, left: Line, rights: Sequence[Line], top: Line, bottom: Line) -> list[tuple[float, Box]]:
        """Return the rectangles with each right side that make a tile, and what their four sides lack."""
        rows = _within(top.at, bottom.at)
        lacks_left = self._lack(self._upright, left, rows)
        found = []
        for right in rights if lacks_left <= _MOST_COST else ():
            width, height = right.at - left.at, bottom.at - top.at
            if not _ASPECTS[0] <= width / height <= _ASPECTS[1]:
                continue
            missing = lacks_left + self._lack(self._upright, right, rows)
            if missing > _MOST_COST:
                continue
            columns = _within(left.at, right.at)
            missing += self._lack(self._level, top, columns) + self._lack(self._level, bottom, columns)
            if missing <= _MOST_COST:
                found.append((missing, Box(left.at, top.at, width, height)))
        return found

    def _lack(self, sums: Sums, line: Line, span: tuple[int, int]) -> float:
        return 0.0 if line.is_border else 1 - _share(sums, line.at, span)

    def _split_cost(self, box: Box, label: Box) -> float:
        """Return the price of lines that would split a rectangle."""
        left, top = round(box.x_px), round(box.y_px)
        right, bottom = left + round(box.w_px), top + round(box.h_px)
        rows, columns = _within(top, bottom), _within(left, right)
        return self._split(self._upright, (left, right), rows) + self._split(self._level, (top, bottom), columns, label)

    def _split(self, sums: Sums, ends: tuple[int, int], span: tuple[int, int], label: Box | None = None) -> float:
        """Return the price of the longest line through a rectangle, away from its ends and from the bar of its name."""
        shares = (sums[span[1]] - sums[span[0]]) / max(span[1] - span[0], 1)
        margin = max(4, round(0.07 * (ends[1] - ends[0])))
        inside = shares[ends[0] + margin : ends[1] - margin]
        if label is not None:
            first = round(label.y_px - label.h_px) - ends[0] - margin
            inside[max(0, first) : max(0, first + round(3 * label.h_px))] = 0
        longest = inside.max(initial=0.0)
        return next((cost for least, cost in _SPLITS if longest >= least), 0.0)

    def _lines(self, sums: Sums, span: tuple[int, int], length: int) -> list[Line]:
        """Return the places with an edge along most of `span`, one for each run of neighbours, and the borders."""
        first, last = (int(np.clip(place, 0, len(sums) - 1)) for place in span)
        shares = (sums[last] - sums[first]) / max(last - first, 1)
        places = np.flatnonzero(shares >= _PRESENT)
        runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
        found = [Line(int(run[np.argmax(shares[run])])) for run in runs]
        return [Line(0, is_border=True), *(x for x in found if 2 < x.at < length - 3), Line(length, is_border=True)]


def _edges(stack: npt.NDArray[np.int16]) -> npt.NDArray[np.bool_]:
    """Return where, in most pictures (n, h, w), the luma steps from one column to the one after next."""
    steps = np.median(np.abs(stack[:, :, 2:] - stack[:, :, :-2]), axis=0)
    return np.pad(steps >= _STEP, ((0, 0), (1, 1)))


def _core(face: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the rows and columns of a face without the rim, where the border of its own tile may cut it."""
    (x, y), half_w, half_h = face.center_px, _CORE * face.w_px / 2, _CORE * face.h_px / 2
    return (y - half_h, y + half_h), (x - half_w, x + half_w)


def _sums(edges: npt.NDArray[np.bool_]) -> Sums:
    """Return (h + 1, w): how many edges lie above each place of a column."""
    return np.concatenate([np.zeros((1, edges.shape[1]), np.int32), np.cumsum(edges, axis=0, dtype=np.int32)])


def _within(start: int, end: int) -> tuple[int, int]:
    corner = round(_CORNER * (end - start))
    return start + corner, end - corner


def _share(sums: Sums, at: int, span: tuple[int, int]) -> float:
    """Return the share of `span` along which there is an edge at `at` or beside it."""
    before, after = sums[span[0]], sums[span[1]]
    most = max(int(after[i]) - int(before[i]) for i in range(max(0, at - 1), min(at + 2, sums.shape[1])))
    return min(1.0, most / max(span[1] - span[0], 1))
