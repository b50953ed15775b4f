"""Compare tiles of one call: a call program gives people tiles of one shape, each with its name in the same place.

A line in somebody's room may cut a tile in two as well as a border does, and a dark room on black has no border. But
it would have to do so in the same place of each tile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vqaprep.detect.still_edges import Shares, StillEdges, split_cost
from vqaprep.rows import Box

_SAME_STYLE = 0.75  # least ratio of the heights of two names of one call
_ALIKE = 0.65  # the same where only tiles of one shape are looked for: boxes of letters with and without descenders
_MOST_SHAPES = 24
_GAIN = 0.3  # of two tiles of one shape
_MOST_LACK = 2.2  # of a tile whose like is there
_ICON = 1.7  # label heights by which a microphone may shift a name
_LOOSE = 0.35  # label heights by which letters with and without parts below the line shift it
_APART = 0.95


@dataclass(frozen=True, slots=True)
class Candidate:
    """A rectangle, what its four sides lack together, and the price of the name's place, also where no other has it."""

    box: Box
    lack: float
    usual: float
    alone: float


def shared_prices(
    edges: StillEdges, labels: Sequence[Box], own: Sequence[Sequence[Candidate]]
) -> list[dict[Box, float]]:
    """Return, for each label, the prices of rectangles that another label has the like of."""
    prices: list[dict[Box, float]] = [{} for _ in labels]
    for i, label in enumerate(labels):
        for j, other in enumerate(labels):
            if i == j or not is_same_style(label, other, _ALIKE):
                continue
            for candidate in own[i][:_MOST_SHAPES]:
                copy = _copy(edges, candidate.box, label, other)
                if copy is None or (lack := edges.lack(copy)) > _MOST_LACK:
                    continue
                splits = _common(edges.splits(candidate.box, label), edges.splits(copy, other))
                price = candidate.usual + (candidate.lack + lack) / 2 + split_cost(splits) - _GAIN
                for number, box in ((i, candidate.box), (j, copy)):
                    prices[number][box] = min(price, prices[number].get(box, price))
    return prices


def is_same_style(first: Box, second: Box, least: float = _SAME_STYLE) -> bool:
    """Say if two names are of one height: the ratio of their heights is `least` or more."""
    return min(first.h_px, second.h_px) >= least * max(first.h_px, second.h_px)


def _common(first: tuple[Shares, Shares], second: tuple[Shares, Shares]) -> tuple[Shares, Shares]:
    """Return the lines that two rectangles of one shape have in the same place, to a pixel or two."""
    columns, rows = (np.minimum(_wide(a), _wide(b)) for a, b in zip(first, second, strict=True))
    return columns, rows


def _wide(shares: Shares) -> Shares:
    padded = np.pad(shares, 2)
    return np.asarray(np.max([padded[i : i + len(shares)] for i in range(5)], axis=0), np.float64)


def _copy(edges: StillEdges, box: Box, label: Box, other: Box) -> Box | None:
    """Return the rectangle of the shape of `box` that has `other` where `box` has `label`, where the edges are best."""
    width, height = round(box.w_px), round(box.h_px)
    top = round(box.y_px + other.center_px[1] - label.center_px[1])
    lefts = [x for x in _lefts(box, label, other) if x >= 0 and x + width <= edges.width]
    tops = [y for y in _around(top, _LOOSE * label.h_px) if y >= 0 and y + height <= edges.height]
    if not lefts or not tops:
        return None
    rows = _clipped(top, top + height, edges.height)
    left = _best_place(edges.upright, lefts, width, rows, edges.width)
    top = _best_place(edges.level, tops, height, (left, left + width), edges.height)
    is_apart = abs(left - box.x_px) >= _APART * width or abs(top - box.y_px) >= _APART * height
    return Box(left, top, width, height) if is_apart else None


def _lefts(box: Box, label: Box, other: Box) -> Iterator[int]:
    """Return where the rectangle may begin if names begin, end or have their middle at the same place of each tile."""
    away = label.x_px - box.x_px
    yield from _around(other.x_px - away, _ICON * label.h_px)
    yield from _around(other.center_px[0] - away - label.w_px / 2, _LOOSE * label.h_px)
    yield from _around(other.x_px + other.w_px - away - label.w_px, _LOOSE * label.h_px)


def _around(place: float, reach: float) -> range:
    return range(round(place - reach), round(place + reach) + 1)


def _clipped(start: int, end: int, length: int) -> tuple[int, int]:
    return max(0, start), min(length, end)


def _best_place(sums: Shares | np.ndarray, starts: Sequence[int], side: int, span: tuple[int, int], length: int) -> int:
    """Return which of `starts` has the best edges there and `side` further."""
    counts = (sums[span[1]] - sums[span[0]]) / max(span[1] - span[0], 1)
    near = np.max([np.pad(counts, 1)[i : i + len(counts)] for i in range(3)], axis=0)
    shares = np.append(near, 1.0)
    shares[0] = 1.0  # the border of the picture is an edge
    if length < len(shares):
        shares[length] = 1.0
    return max(starts, key=lambda start: shares[start] + shares[start + side])
