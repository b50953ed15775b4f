"""Assign faces to named tiles: each reading of a picture has a cost, and the best must win by a margin.

A reading gives each name a tile, or says that the writing is no name. All names are read together, as one name's
tile says what another's can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot

from vqaprep.detect.grids import is_same_style
from vqaprep.detect.sightings import Tile
from vqaprep.detect.still_edges import share_in
from vqaprep.rows import Box

MARGIN = 0.35
"""Price by which the second-best reading of a picture must be worse.

Calibrated on two series of 67 composed calls that no rule was made from (`benchmarks/results/calls_clients_fresh.md`
and `calls_clients_fresh-2.md`): margins from 0.25 to 0.75 keep the most films. The one film with a wrong person had it
at every margin, so `_has_nearer_name` and not the margin guards against it. Within that range 0.35 is the most with
which names under their tiles are still read.
"""

_INSIDE, _OUTSIDE = 0.6, 0.15  # share of a face in a tile from which it is in it, and up to which it is not
_CUT_COST = 0.5  # of a tile whose side runs through a face
_FLAT = 0.8  # share of like pixels from which a tile may be one whose camera is off
_NOBODY_COST = 0.8  # of a textured tile without a face
_SECOND_NAME_COST = 0.9  # of a tile with another name in it
_OVERLAP_COST = 0.6  # of two tiles of which neither is in the other
_OTHER_SIDE_COST = 0.6  # of names of one style at other sides of their tiles
_LOST_FACE_COST = 0.4  # of a face that no name's tile holds: where one has a name, all have
_NO_NAME_COST, _STRAY_COST = 1.0, 0.5  # of writing that is no name; of a name on clothes, far from a corner
_ODD_STYLE_GAIN = 0.6  # of writing that is no name, and not of the height that two names or more have
_IN_CORNER, _AT_SIDE = 4.0, 1.4  # heights of a name that it is from a left corner of its tile, or from its side
_MOST_COST = 1.0  # of a tile that is taken: about a side that is not there
_WITHIN, _SMALLER = 0.9, 0.6  # share of a small tile in a large one, and of its sizes
_APART = 0.1  # share of the smaller of two tiles that may lie in the other
_MOST_OPTIONS, _MOST_READINGS = 6, 120

Named = tuple[Box, Sequence[Tile]]
"""A label's box and the rectangles that may be its tile."""


@dataclass(frozen=True, slots=True)
class _Option:
    """One tile of a label (None: the writing is no name), who is in it, its price alone, and the name's side of it."""

    tile: Box | None
    people: frozenset[int]
    cost: float
    side: str = ""
    is_flat: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A choice of tiles for all labels (None: the writing is no name), who sits in each, and the price."""

    tiles: tuple[Box | None, ...]
    people: tuple[frozenset[int], ...]
    cost: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """The best reading of a label's tile, and the best other one; a tile is None where the writing is no name."""

    people: frozenset[int]
    cost: float
    other_people: frozenset[int] | None
    other_cost: float
    tile: Box | None = None
    other_tile: Box | None = None

    @property
    def margin(self) -> float:
        """By how much the other reading is worse."""
        return self.other_cost - self.cost


def seated(labels: Sequence[Named], faces: Sequence[Box]) -> dict[int, int]:
    """Return label index -> face index where one face alone sits in the label's tile, and no other reading is near."""
    found = doubts(labels, faces)
    sure = {i: doubt for i, doubt in found.items() if doubt.margin >= MARGIN and len(doubt.people) == 1}
    seats = {i: next(iter(doubt.people)) for i, doubt in sure.items()}
    return {i: j for i, j in seats.items() if not _has_nearer_name(labels, i, found, faces[j])}


def _has_nearer_name(labels: Sequence[Named], i: int, found: dict[int, Doubt], face: Box) -> bool:
    """Say if a name of one style with label `i`, for which no tile was found, is in its tile and nearer to the face.

    The tile of a camera that is off may seem to fill the picture, and then holds the small tile of somebody else.
    """
    own, tile = labels[i][0], found[i].tile
    lost = [box for k, (box, _) in enumerate(labels) if k != i and k not in found]
    return tile is not None and any(
        is_same_style(box, own) and share_in(box, tile) >= _INSIDE and _away_px(box, face) < _away_px(own, face)
        for box in lost
    )


def _away_px(label: Box, face: Box) -> float:
    return hypot(label.center_px[0] - face.center_px[0], label.center_px[1] - face.center_px[1])


def doubts(labels: Sequence[Named], faces: Sequence[Box]) -> dict[int, Doubt]:
    """Return, for each label that has rectangles, its best two readings."""
    options = [_options(box, tiles, faces, is_odd=_is_odd(box, labels)) for box, tiles in labels]
    indices = [i for i in range(len(labels)) if len(options[i]) > 1]
    doubts_by_label = {}
    readings = _readings(labels, options, faces)
    for i in indices:
        best = readings[0]
        chosen = best.people[i]
        without = [
            [o for o in those if o.people != chosen or o.tile is None] if i == k else those
            for k, those in enumerate(options)
        ]
        others = [r for r in _readings(labels, without, faces) if r.people[i] != chosen]
        other = others[0] if others else None
        doubts_by_label[i] = Doubt(chosen, best.cost, None, float("inf"), best.tiles[i])
        if other is not None:
            doubts_by_label[i] = Doubt(chosen, best.cost, other.people[i], other.cost, best.tiles[i], other.tiles[i])
    return doubts_by_label


def share_a_tile(labels: Sequence[Named], faces: Sequence[Box]) -> bool:
    """Say if all faces sit in one tile, as people at a table do, by the best rectangle around each name."""
    best = [tiles[0].box for _, tiles in labels if tiles]
    return len(faces) > 1 and all(share_in(face, box) >= _INSIDE for box in best for face in faces)


def _is_odd(label: Box, labels: Sequence[Named]) -> bool:
    """Say if a label is of another height than two or more others, which are alike."""
    others = [box for box, _ in labels if not is_same_style(box, label)]
    return any(is_same_style(a, b) for i, a in enumerate(others) for b in others[:i]) and not any(
        box is not label and is_same_style(box, label) for box, _ in labels
    )


def _options(label: Box, tiles: Sequence[Tile], faces: Sequence[Box], *, is_odd: bool) -> list[_Option]:
    """Return the cheapest tiles with other people or another side for the name, and that it is no name."""
    cheapest: dict[tuple[frozenset[int], str], _Option] = {}
    is_stray = True
    for tile in tiles:
        shares = [share_in(face, tile.box) for face in faces]
        inside = frozenset(j for j, share in enumerate(shares) if share >= _INSIDE)
        side, strays = _side(label, tile.box), _is_stray(label, tile.box, faces)
        is_stray &= strays
        cost = tile.cost + _CUT_COST * sum(_OUTSIDE < share < _INSIDE for share in shares) + _STRAY_COST * strays
        key = inside, side
        if tile.cost <= _MOST_COST and (key not in cheapest or cost < cheapest[key].cost):
            cheapest[key] = _Option(tile.box, inside, cost, side, tile.flatness >= _FLAT)
    kept = sorted(cheapest.values(), key=lambda option: option.cost)[:_MOST_OPTIONS]
    return [*kept, _Option(None, frozenset(), _NO_NAME_COST - max(_STRAY_COST * is_stray, _ODD_STYLE_GAIN * is_odd))]


def _readings(labels: Sequence[Named], options: Sequence[Sequence[_Option]], faces: Sequence[Box]) -> list[Reading]:
    """Return readings of all labels, the cheapest first; a beam search."""
    beam: list[tuple[float, tuple[_Option, ...]]] = [(0.0, ())]
    for i, those in enumerate(options):
        grown = [
            (
                cost + option.cost + sum(_both_cost(labels, (k, chosen[k]), (i, option)) for k in range(i)),
                (*chosen, option),
            )
            for cost, chosen in beam
            for option in those
        ]
        beam = sorted(grown, key=lambda entry: entry[0])[:_MOST_READINGS]
    read = [
        Reading(tuple(o.tile for o in chosen), _people(chosen), cost + _people_cost(chosen, faces))
        for cost, chosen in beam
    ]
    return sorted(read, key=lambda reading: reading.cost)


def _both_cost(labels: Sequence[Named], first: tuple[int, _Option], second: tuple[int, _Option]) -> float:
    """Return what two labels' tiles cost together."""
    (i, one), (k, other) = first, second
    if one.tile is None or other.tile is None:
        return 0.0
    alike = is_same_style(labels[i][0], labels[k][0])
    cost = _OTHER_SIDE_COST * (alike and one.side != other.side)
    if _is_within(one.tile, other.tile) or _is_within(other.tile, one.tile):
        return cost
    has_second = share_in(labels[i][0], other.tile) > _INSIDE or share_in(labels[k][0], one.tile) > _INSIDE
    smaller, larger = sorted((one.tile, other.tile), key=lambda tile: tile.area_px)
    return cost + max(_SECOND_NAME_COST * has_second, _OVERLAP_COST * (share_in(smaller, larger) > _APART))


def _people(chosen: Sequence[_Option]) -> tuple[frozenset[int], ...]:
    """Return who is in each tile, and in no smaller tile within it."""
    return tuple(option.people - _nested(option, chosen) for option in chosen)


def _nested(option: _Option, chosen: Sequence[_Option]) -> frozenset[int]:
    return frozenset[int]().union(
        *(o.people for o in chosen if o is not option and o.tile and option.tile and _is_within(o.tile, option.tile))
    )


def _people_cost(chosen: Sequence[_Option], faces: Sequence[Box]) -> float:
    """Return the price of textured tiles without a face, and of faces without a name."""
    people = _people(chosen)
    empty = sum(not those and o.tile is not None and not o.is_flat for those, o in zip(people, chosen, strict=True))
    lost = len(faces) - len(frozenset[int]().union(*people))
    return _NOBODY_COST * empty + _LOST_FACE_COST * lost


def _is_within(small: Box, large: Box) -> bool:
    """Say if a tile lies in a larger one, as the small picture of one person over that of another does."""
    is_smaller = small.w_px <= _SMALLER * large.w_px and small.h_px <= _SMALLER * large.h_px
    return is_smaller and share_in(small, large) >= _WITHIN


def _side(label: Box, tile: Box) -> str:
    """Return where a name is in its tile, or beside it."""
    y = label.center_px[1]
    if y > tile.y_px + tile.h_px:
        return "under"
    if y < tile.y_px:
        return "above"
    return "low" if y > tile.center_px[1] else "high"


def _is_stray(label: Box, tile: Box, faces: Sequence[Box]) -> bool:
    """Say if writing is below a face of a tile, and far from the corners where names are, as on clothes."""
    above, below = label.y_px - tile.y_px, tile.y_px + tile.h_px - label.y_px - label.h_px
    beside_px = min(abs(above), abs(below))
    away_px = abs(label.x_px - tile.x_px) + beside_px
    is_away = away_px > _IN_CORNER * label.h_px and beside_px >= _AT_SIDE * label.h_px
    return is_away and any(share_in(face, tile) >= _INSIDE and _is_below(label, face) for face in faces)


def _is_below(writing: Box, face: Box) -> bool:
    is_lower = writing.center_px[1] > face.y_px + face.h_px
    return is_lower and abs(writing.center_px[0] - face.center_px[0]) <= face.w_px / 2 + writing.w_px / 2
