"""Decide which face sits in which named tile: each reading of a picture has a price, and the best must win clearly."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from vqaprep.detect.sightings import Tile
from vqaprep.rows import Box

MARGIN = 0.25
"""Price by which the second-best reading must be worse; `python -m benchmarks.calls` prints what other values give."""

_INSIDE, _OUTSIDE = 0.6, 0.15  # share of a face in a tile from which it is in it, and up to which it is not
_CUT_COST = 0.5  # of a tile whose side runs through a face
_FLAT = 0.8  # share of like pixels from which a tile may be one whose camera is off
_NOBODY_COST = 0.5  # of a textured tile without a face
_SECOND_NAME_COST = 0.9
_OTHER_SIDE_COST = 0.6  # of a name at the upper side where others are at the lower one
_LOST_FACE_COST = 0.4  # of a face that no name's tile holds: where one has a name, all have
_SURE_COST = 0.3
_IN_CORNER = 4.0  # heights of a name that it is from a left corner of its tile, at most
_MOST_COST = 1.4  # of a reading that is taken: a side that is not there, and little more
_SAME_STYLE = 0.75  # least ratio of the heights of two names of one call
_SAME_SIZE, _SAME_SIZE_GAIN = 0.02, 0.3

Named = tuple[Box, Sequence[Tile]]
"""A label's box and the rectangles that may be its tile."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """Who sits in a tile, and the cheapest tile that says so with its price."""

    people: frozenset[int]
    cost: float
    tile: Box


def seated(labels: Sequence[Named], faces: Sequence[Box], *, margin: float = MARGIN) -> dict[int, int]:
    """Return label index -> face index where one face alone sits in the label's tile, and no other reading is near.

    Who has a seat is left out of the question, so that a small tile may lie in a large one.
    """
    pairs: dict[int, int] = {}
    while fresh := _next_seats(labels, faces, pairs, margin):
        pairs |= fresh
    return pairs


def share_a_tile(labels: Sequence[Named], faces: Sequence[Box]) -> bool:
    """Say if all faces sit in one tile, as people at a table do, by the best rectangle around each name."""
    best = [tiles[0].box for _, tiles in labels if tiles]
    return len(faces) > 1 and all(_share_in(face, box) >= _INSIDE for box in best for face in faces)


def _next_seats(labels: Sequence[Named], faces: Sequence[Box], pairs: dict[int, int], margin: float) -> dict[int, int]:
    """Return the pairs that have become sure, given those that are."""
    found: dict[int, _Reading] = {}
    of_labels = [_readings(i, labels, faces, pairs) for i in range(len(labels))]
    for i in range(len(labels)):
        readings = [_with_lost_faces(reading, i, of_labels) for reading in of_labels[i]]
        if i in pairs or not readings:
            continue
        best = min(readings, key=lambda reading: reading.cost)
        rivals = [r for r in readings if r.people != best.people and r.cost < best.cost + margin]
        if len(best.people) == 1 and best.cost <= _MOST_COST and not rivals:
            found[i] = best
    return {i: next(iter(found[i].people)) for i in found if _is_the_name(i, found, labels, faces)}


def _is_the_name(number: int, found: Mapping[int, _Reading], labels: Sequence[Named], faces: Sequence[Box]) -> bool:
    """Say if no other label has this face too, or only writing on the clothes below it."""
    mine = found[number]
    rivals = [i for i, other in found.items() if i != number and other.people == mine.people]
    box = labels[number][0]
    return not rivals or (
        not _is_on_clothes(box, mine.tile, faces, name=box)
        and all(_is_on_clothes(labels[i][0], mine.tile, faces, name=box) for i in rivals)
    )


def _with_lost_faces(reading: _Reading, number: int, of_labels: Sequence[Sequence[_Reading]]) -> _Reading:
    """Add the price of faces that would be in nobody's tile, though they may be in this label's."""
    possible = frozenset[int]().union(*(r.people for r in of_labels[number] if r.cost <= _MOST_COST))
    elsewhere = frozenset[int]().union(*(_likely(r) for i, r in enumerate(of_labels) if i != number))
    lost = possible - reading.people - elsewhere
    return replace(reading, cost=reading.cost + _LOST_FACE_COST * bool(lost))


def _likely(readings: Sequence[_Reading]) -> frozenset[int]:
    """Return who may sit in a label's tile by its best reading."""
    best = min(readings, key=lambda reading: reading.cost, default=None)
    return frozenset() if best is None or len(best.people) != 1 else best.people


def _readings(number: int, labels: Sequence[Named], faces: Sequence[Box], pairs: dict[int, int]) -> list[_Reading]:
    """Return the readings of one label's tile, each with its least price; `pairs` have their seats."""
    seats = {j for i, j in pairs.items() if i != number}
    open_labels = {i for i in range(len(labels)) if i != number and i not in pairs}
    cheapest: dict[frozenset[int], _Reading] = {}
    for tile in labels[number][1]:
        shares = [_share_in(face, tile.box) for face in faces]
        inside = frozenset(j for j, share in enumerate(shares) if share >= _INSIDE)
        people = inside - seats
        cost = _price(tile, number, labels, faces, open_labels)
        cost += _NOBODY_COST * (not inside and tile.flatness < _FLAT)
        cost += _CUT_COST * sum(_OUTSIDE < share < _INSIDE for share in shares)
        if people not in cheapest or cost < cheapest[people].cost:
            cheapest[people] = _Reading(people, cost, tile.box)
    return list(cheapest.values())


def _is_on_clothes(writing: Box, tile: Box, faces: Sequence[Box], *, name: Box) -> bool:
    """Say if writing is below a face of a tile, and by the height of `name` far from the corners where names are."""
    above, below = writing.y_px - tile.y_px, tile.y_px + tile.h_px - writing.y_px - writing.h_px
    away_px = abs(writing.x_px - tile.x_px) + min(abs(above), abs(below))
    return away_px > _IN_CORNER * name.h_px and any(
        _share_in(face, tile) >= _INSIDE and _is_below(writing, face) for face in faces
    )


def _is_below(writing: Box, face: Box) -> bool:
    is_lower = writing.center_px[1] > face.y_px + face.h_px
    return is_lower and abs(writing.center_px[0] - face.center_px[0]) <= face.w_px / 2 + writing.w_px / 2


def _price(
    tile: Tile, number: int, labels: Sequence[Named], faces: Sequence[Box], open_labels: Collection[int]
) -> float:
    """Return what a tile of label `number` costs beside those of the others; `open_labels` have no seat yet."""
    name = labels[number][0]
    alike = [i for i in range(len(labels)) if i != number and _is_same_style(labels[i][0], name)]
    others = [other for i in alike for other in labels[i][1]]
    has_second = any(
        _share_in(labels[i][0], tile.box) > _INSIDE and not _is_on_clothes(labels[i][0], tile.box, faces, name=name)
        for i in alike
        if i in open_labels
    )
    is_other_side = not _is_low(name, tile) and any(
        _is_low(labels[i][0], other) and other.cost < _SURE_COST for i in alike for other in labels[i][1]
    )
    return (
        tile.cost
        + _SECOND_NAME_COST * has_second
        + _OTHER_SIDE_COST * is_other_side
        - _SAME_SIZE_GAIN * any(_is_twin(tile, other) for other in others)
    )


def _is_same_style(first: Box, second: Box) -> bool:
    return min(first.h_px, second.h_px) >= _SAME_STYLE * max(first.h_px, second.h_px)


def _is_low(label: Box, tile: Tile) -> bool:
    """Say if a name is in the lower half of its tile."""
    return label.center_px[1] > tile.box.center_px[1]


def _is_twin(tile: Tile, other: Tile) -> bool:
    """Say if two tiles are of one size, in one row or column, and apart."""
    first, second = tile.box, other.box
    near = _SAME_SIZE * max(first.w_px, first.h_px)
    is_same = abs(first.w_px - second.w_px) <= near and abs(first.h_px - second.h_px) <= near
    is_apart = abs(first.x_px - second.x_px) >= 0.9 * first.w_px or abs(first.y_px - second.y_px) >= 0.9 * first.h_px
    is_in_line = abs(first.x_px - second.x_px) <= near or abs(first.y_px - second.y_px) <= near
    return is_same and is_apart and is_in_line


def _share_in(box: Box, tile: Box) -> float:
    """Return the share of `box` that lies in `tile`."""
    width = min(box.x_px + box.w_px, tile.x_px + tile.w_px) - max(box.x_px, tile.x_px)
    height = min(box.y_px + box.h_px, tile.y_px + tile.h_px) - max(box.y_px, tile.y_px)
    return max(0.0, width) * max(0.0, height) / max(box.area_px, 1e-9)
