"""Find the upright and level edges that stay over time, and say how well the sides of a rectangle lie on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vqaprep.rows import Box

Gray = npt.NDArray[np.uint8]
Sums = npt.NDArray[np.int32]
Shares = npt.NDArray[np.float64]

_STEP = 5  # luma step over two pixels, in the median over time, that counts as an edge
_CORNER = 0.08  # share at each end of a side that round corners may lack
_PRESENT = 0.6  # share of a side, or of the part of it that is looked at first, that must be an edge
_SPLITS = ((0.95, 1.2), (0.85, 0.6))  # share from which a line through a rectangle may split it in two: its price
_CORE = 0.7  # share of a face's sides in which no tile ends
_FLAT_LEVELS = 8  # luma up to which a pixel of a plain tile is like most others of it
_SAME_PLACE = 0.3  # overlap of two faces of one person
_ROW_ASPECT = 5.5  # of three tiles side by side
ASPECTS = 0.45, 2.5
"""Least and most width over height of a tile."""


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
        self._picture, (self.height, self.width) = pictures[-1], stack.shape[1:]
        self.people = _apart(faces)
        upright, level = _edges(stack), _edges(stack.transpose(0, 2, 1))
        for face in faces:
            rows, columns = (slice(max(0, round(a)), max(0, round(b))) for a, b in _core(face))
            upright[rows, columns] = False
            level[columns, rows] = False
        self.upright, self.level = _sums(upright), _sums(level)

    def flatness(self, box: Box) -> float:
        """Return the share of a rectangle's pixels that have nearly its most common luma."""
        left, top = round(box.x_px), round(box.y_px)
        part = self._picture[top : top + round(box.h_px) : 2, left : left + round(box.w_px) : 2]
        return float((np.abs(part.astype(np.int16) - np.median(part)) <= _FLAT_LEVELS).mean())

    def side_lack(self, sums: Sums, line: Line, span: tuple[int, int]) -> float:
        """Return the share of `span` that one side lacks; `sums` are `upright` or `level`."""
        return 0.0 if line.is_border else 1 - _share(sums, line.at, span)

    def lack(self, box: Box) -> float:
        """Return the share of its sides that a rectangle lacks, all four together; the picture's border is a side."""
        left, top, right, bottom = (
            round(box.x_px),
            round(box.y_px),
            round(box.x_px + box.w_px),
            round(box.y_px + box.h_px),
        )
        rows, columns = within(top, bottom), within(left, right)
        uprights = (self.side_lack(self.upright, Line(at, at in (0, self.width)), rows) for at in (left, right))
        levels = (self.side_lack(self.level, Line(at, at in (0, self.height)), columns) for at in (top, bottom))
        return sum(uprights) + sum(levels)

    def splits(self, box: Box, label: Box) -> tuple[Shares, Shares]:
        """Return, for each column and row of a rectangle, the share of it along which a line would split it.

        Its ends and the bar of its name are left out, and lines that leave the name in a part of no tile's shape.
        """
        left, top = round(box.x_px), round(box.y_px)
        right, bottom = left + round(box.w_px), top + round(box.h_px)
        columns = _inner_shares(self.upright, (left, right), within(top, bottom))
        rows = _inner_shares(self.level, (top, bottom), within(left, right))
        first = round(label.y_px - label.h_px) - top
        rows[max(0, first) : max(0, first + round(3 * label.h_px))] = 0
        columns[_side_lengths(columns, label.center_px[0] - left) < ASPECTS[0] * len(rows)] = 0
        rows[_side_lengths(rows, label.center_px[1] - top) < len(columns) / _ROW_ASPECT] = 0
        return columns, rows

    def lines(self, sums: Sums, span: tuple[int, int], length: int) -> list[Line]:
        """Return the places with an edge along most of `span`, one for each run of neighbours, and the borders."""
        first, last = (int(np.clip(place, 0, len(sums) - 1)) for place in span)
        shares = (sums[last] - sums[first]) / max(last - first, 1)
        places = np.flatnonzero(shares >= _PRESENT)
        runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(places) else []
        candidates = [Line(int(run[np.argmax(shares[run])])) for run in runs]
        return [
            Line(0, is_border=True),
            *(x for x in candidates if 2 < x.at < length - 3),
            Line(length, is_border=True),
        ]


def split_cost(splits: tuple[Shares, Shares]) -> float:
    """Return the price of the longest lines through a rectangle."""
    longest = (shares.max(initial=0.0) for shares in splits)
    return sum(next((cost for least, cost in _SPLITS if most >= least), 0.0) for most in longest)


def share_in(box: Box, tile: Box) -> float:
    """Return the share of `box` that lies in `tile`."""
    width = min(box.x_px + box.w_px, tile.x_px + tile.w_px) - max(box.x_px, tile.x_px)
    height = min(box.y_px + box.h_px, tile.y_px + tile.h_px) - max(box.y_px, tile.y_px)
    return max(0.0, width) * max(0.0, height) / max(box.area_px, 1e-9)


def _side_lengths(shares: Shares, place: float) -> npt.NDArray[np.int_]:
    """Return how long the part with `place` would be if a side were split at each of its places."""
    at = np.arange(len(shares))
    return np.where(at > place, at, len(shares) - at)


def _inner_shares(sums: Sums, ends: tuple[int, int], span: tuple[int, int]) -> Shares:
    first, last = (int(np.clip(place, 0, len(sums) - 1)) for place in span)
    shares = (sums[last, ends[0] : ends[1]] - sums[first, ends[0] : ends[1]]) / max(last - first, 1)
    margin = max(4, round(0.07 * (ends[1] - ends[0])))
    shares[:margin] = shares[max(0, len(shares) - margin) :] = 0
    return np.asarray(shares, np.float64)


def _apart(faces: Sequence[Box]) -> list[Box]:
    """Return one box for each place in which a face was seen."""
    places: list[Box] = []
    for face in faces:
        if not any(face.iou(place) > _SAME_PLACE for place in places):
            places.append(face)
    return places


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


def within(start: int, end: int) -> tuple[int, int]:
    """Return the part of a side that round corners leave."""
    corner = round(_CORNER * (end - start))
    return start + corner, end - corner


def _share(sums: Sums, at: int, span: tuple[int, int]) -> float:
    """Return the share of `span` along which there is an edge at `at` or beside it."""
    before, after = sums[span[0]], sums[span[1]]
    most = max(int(after[i]) - int(before[i]) for i in range(max(0, at - 1), min(at + 2, sums.shape[1])))
    return min(1.0, most / max(span[1] - span[0], 1))
