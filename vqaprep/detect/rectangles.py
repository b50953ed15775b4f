"""Find the tile of a video call around a name, by straight edges that do not move.

Tiles may touch, lie apart, have round corners and coloured borders. What all have in common is a rectangle whose
sides do not move, with the name near its lower or upper side. Many rectangles around a name may explain the edges;
each is returned with its price, and `detect/seating.py` decides with the faces and the other names.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from vqaprep.detect.grids import Candidate, shared_prices
from vqaprep.detect.sightings import Tile
from vqaprep.detect.still_edges import ASPECTS, Line, StillEdges, share_in, split_cost, within
from vqaprep.rows import Box

_LEAST_SIDE = 0.1  # of the picture's side, for the first look for a side
_MOST_COST = 1.3  # missing shares of the four sides together
_MOST_TILES = 32
_ALONE_OUTSIDE_COST = 1.0  # of one name beside its tile, where no other name is so
_NEAR = 0.5  # label heights that the tile's side may lie within the label
_MOST_OF_THE_SAME = 4
_MOSTLY = 0.6  # share of a face in a tile
_LEAST_HEIGHT = 3.5  # label heights
_MOST_PRICED = 80  # the price of a split is looked up for the rectangles that lack least


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a name is at its tile: label heights from its top within which the tile's side is, and the price."""

    is_low: bool
    is_inside: bool
    near: tuple[float, float]
    cost: float


_PLACES = (
    _Place(is_low=True, is_inside=True, near=(0.5, 3.0), cost=0.0),
    _Place(is_low=False, is_inside=True, near=(-2.0, 0.5), cost=0.3),  # the tile below begins where names mostly are
    _Place(is_low=True, is_inside=False, near=(-1.5, 0.4), cost=0.35),
    _Place(is_low=False, is_inside=False, near=(0.6, 2.5), cost=0.45),
)


def tiles_around(edges: StillEdges, label: Box) -> tuple[Tile, ...]:
    """Return the rectangles that may be the tile with this name, the best first; none where no edges say."""
    return tiles_of(edges, [label])[0]


def tiles_of(edges: StillEdges, labels: Sequence[Box]) -> list[tuple[Tile, ...]]:
    """Return what `tiles_around` does for names of one picture, whose tiles may be alike."""
    own = [_candidates(edges, label) for label in labels]
    shared = shared_prices(edges, labels, own)
    return [_best(edges, label, mine, more) for label, mine, more in zip(labels, own, shared, strict=True)]


def _best(edges: StillEdges, label: Box, own: Sequence[Candidate], shared: dict[Box, float]) -> tuple[Tile, ...]:
    """Return the cheapest rectangles, of those with the same people a few."""
    prices = dict(shared)
    for candidate in own:
        price = candidate.alone + candidate.lack + split_cost(edges.splits(candidate.box, label))
        prices[candidate.box] = min(price, prices.get(candidate.box, price))
    cheapest = sorted(prices.items(), key=lambda entry: (entry[1], *_sides(entry[0])))
    kept: list[Tile] = []
    counts: Counter[frozenset[int]] = Counter()
    for box, price in cheapest:
        inside = frozenset(i for i, face in enumerate(edges.people) if share_in(face, box) > _MOSTLY)
        if counts[inside] < _MOST_OF_THE_SAME and len(kept) < _MOST_TILES:
            kept.append(Tile(box, price, edges.flatness(box)))
            counts[inside] += 1
    return tuple(kept)


def _candidates(edges: StillEdges, label: Box) -> list[Candidate]:
    """Return the rectangles whose own sides are there, for each place of the name in or beside them."""
    candidates = [candidate for place in _PLACES for candidate in _anchored(edges, label, place)]
    unique: dict[Box, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: c.lack + c.usual):
        unique.setdefault(candidate.box, candidate)
    return list(unique.values())


def _anchored(edges: StillEdges, label: Box, place: _Place) -> list[Candidate]:
    """Return the rectangles at whose lower, or upper, side the label is."""
    size, end = label.h_px, label.y_px + label.h_px
    middle_x = round(np.clip(label.center_px[0], 0, edges.width - 1))
    reach = max(round(_LEAST_SIDE * edges.height), round(_LEAST_HEIGHT * size))
    near = label.y_px + place.near[0] * size, label.y_px + place.near[1] * size
    if place.is_low:
        start = end if place.is_inside else label.y_px - size
        rows = round(start - reach), round(start)
    else:
        start = label.y_px if place.is_inside else end + size
        rows = round(start), round(start + reach)
    half = max(round(_LEAST_SIDE * edges.width / 2), 4)
    level = edges.lines(edges.level, (middle_x - half, middle_x + half), edges.height)
    upright = edges.lines(edges.upright, rows, edges.width)
    sides = [line for line in level if near[0] <= line.at <= near[1]]
    far = [line for line in level if (line.at <= label.y_px if place.is_low else line.at >= end)]
    lefts = [line for line in upright if line.at <= label.x_px + _NEAR * size]
    rights = [line for line in upright if line.at >= label.x_px + label.w_px - _NEAR * size]
    anchored: list[tuple[float, Box]] = []
    for side, other, left in product(sides, far, lefts):
        top, bottom = (other, side) if place.is_low else (side, other)
        if bottom.at - top.at >= _LEAST_HEIGHT * size:
            anchored += _completed(edges, left, rights, top, bottom)
    cheapest = sorted(anchored, key=lambda entry: entry[0])[:_MOST_PRICED]
    alone = place.cost + _ALONE_OUTSIDE_COST * (not place.is_inside)
    return [Candidate(box, missing, place.cost, alone) for missing, box in cheapest]


def _completed(
    edges: StillEdges, left: Line, rights: Sequence[Line], top: Line, bottom: Line
) -> list[tuple[float, Box]]:
    """Return the rectangles with each right side that make a tile, and what their four sides lack."""
    rows = within(top.at, bottom.at)
    lacks_left = edges.side_lack(edges.upright, left, rows)
    completed = []
    for right in rights if lacks_left <= _MOST_COST else ():
        width, height = right.at - left.at, bottom.at - top.at
        if not ASPECTS[0] <= width / height <= ASPECTS[1]:
            continue
        missing = lacks_left + edges.side_lack(edges.upright, right, rows)
        if missing > _MOST_COST:
            continue
        columns = within(left.at, right.at)
        missing += edges.side_lack(edges.level, top, columns) + edges.side_lack(edges.level, bottom, columns)
        if missing <= _MOST_COST:
            completed.append((missing, Box(left.at, top.at, width, height)))
    return completed


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.x_px, box.y_px, box.w_px, box.h_px
