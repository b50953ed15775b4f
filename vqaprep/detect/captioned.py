"""Match captions to faces; refuse if the second-best assignment is almost as good."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from vqaprep.detect.names import is_name
from vqaprep.detect.sightings import Caption, Face, Tile
from vqaprep.rows import Box

_MARGIN = 1.0  # face widths by which the second best matching must be worse
_LEAST_SCORE = 0.3  # of the reader, for a line that may be a name
_PLAIN_TILE = 0.8  # share of like pixels of a tile whose camera is off
_MOST_LINES = 2  # a name and a title; more is a list of people
_UNDER = 0.8  # face widths between the middles of a face and its name, among several people
_MOST = 6  # more captions than this in one place are not separated
_WORD_SPACE = 0.45  # heights of the letters' box
_BESIDE = 1.5  # face widths between a face and a caption that stands outside its tile


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of one caption, top to bottom; the box around them; the tile they lie in (None: not known).

    `tiles` are rectangles that may be the tile, by edges that stay over time.
    """

    lines: tuple[str, ...]
    box: Box
    tile: Box | None
    tiles: tuple[Tile, ...] = ()


def labels_of(captions: Sequence[Caption], *, is_asked: Callable[[str], bool] = is_name) -> list[Label]:
    """Join words to lines and lines to labels by their distance; keep short ones that hold what could be a name.

    What `is_asked` for is one in any case, such as a number alone.
    """
    groups: list[list[Caption]] = []
    for caption in sorted(_lines(captions), key=lambda c: c.box.y_px):
        home = next((g for g in groups if _is_next_line(g[-1].box, caption.box)), None)
        if home is None:
            groups.append([caption])
        else:
            home.append(caption)
    return [
        Label(tuple(c.text for c in group), _around([c.box for c in group]), group[0].tile, group[0].tiles)
        for group in groups
        if any(c.score >= _LEAST_SCORE and (is_name(c.text) or is_asked(c.text)) for c in group)
        and len(group) <= _MOST_LINES
    ]


def _lines(captions: Sequence[Caption]) -> list[Caption]:
    """Join captions that follow one another on a line with no more than a word's space."""
    lines: list[Caption] = []
    for caption in sorted(captions, key=lambda c: c.box.x_px):
        before = next((line for line in lines if _is_next_word(line.box, caption.box)), None)
        if before is None:
            lines.append(caption)
            continue
        lines.remove(before)
        text = f"{before.text.strip()} {caption.text.strip()}"
        score = min(before.score, caption.score)
        lines.append(replace(before, text=text, score=score, box=_around([before.box, caption.box])))
    return lines


def owners(labels: Sequence[Label], faces: Sequence[Face]) -> dict[int, int]:
    """Return label index -> face index for every label with an unambiguous face.

    Labels go by the rectangles around them (`detect/seating.py`). Where that seats nobody, they go by their place
    among the faces: if all share one tile, as people at a table with a bar of names below do, or if each face then
    has a label and each label a face, as with names beside the tiles.
    """
    from vqaprep.detect.seating import seated, share_a_tile

    named = [(label.box, label.tiles) for label in labels]
    boxes = [face.box for face in faces]
    has_flat_tile = any(tile.flatness >= _PLAIN_TILE for label in labels for tile in label.tiles[:1])
    may_be_seated = len(labels) <= len(faces) or has_flat_tile or len(faces) < 3
    pairs = _owners_by_place(labels, faces)
    if may_be_seated and (seats := seated(named, boxes)):
        return _agreed(seats, pairs) if _is_row([label.box for label in labels]) and _is_row(boxes) else seats
    is_whole = len(pairs) == len(labels) == len(faces)
    has_no_tiles = not any(label.tiles for label in labels)
    return pairs if is_whole or has_no_tiles or share_a_tile(named, boxes) else {}


def _agreed(seats: dict[int, int], pairs: dict[int, int]) -> dict[int, int]:
    """Return the seats that the order of a row does not contradict.

    People at a table, with a bar of names below them, have no tiles: lines of the room may still make rectangles
    around the names, each with the wrong person. The order from left to right then says otherwise.
    """
    owner = {face: label for label, face in pairs.items()}
    return {i: j for i, j in seats.items() if pairs.get(i, j) == j and owner.get(j, i) == i}


def _is_row(boxes: Sequence[Box]) -> bool:
    """Say if boxes stand side by side: their middles differ in height by no more than the height of one."""
    middles_px = [box.center_px[1] for box in boxes]
    return len(boxes) > 1 and max(middles_px) - min(middles_px) <= max(box.h_px for box in boxes)


def _owners_by_place(labels: Sequence[Label], faces: Sequence[Face]) -> dict[int, int]:
    """Return label index -> face index where only place and unbroken regions are known.

    A label names a face of its own tile; faces that other labels are sure of are left out of the question.
    Labels that share no tile with a face may name one that stands right beside them and has no label in
    its tile.
    """
    inside = {i: [j for j, face in enumerate(faces) if _is_in(face.box, label.tile)] for i, label in enumerate(labels)}
    pairs: dict[int, int] = {}
    while fresh := _next_pairs(labels, faces, inside, pairs):
        pairs |= fresh
    homeless = [i for i in inside if not inside[i]]
    nameless = [j for j in range(len(faces)) if not any(j in tenants for tenants in inside.values())]
    beside = _sure_pairs(labels, faces, homeless, nameless)
    return pairs | {i: j for i, j in beside.items() if _distance(labels[i].box, faces[j].box) <= _BESIDE}


def _next_pairs(
    labels: Sequence[Label], faces: Sequence[Face], inside: dict[int, list[int]], pairs: dict[int, int]
) -> dict[int, int]:
    """Return the pairs that have become sure, given those that are."""
    found: dict[int, int] = {}
    for i in inside.keys() - pairs.keys():
        those = [j for j in inside[i] if j not in pairs.values()]
        these = [k for k in inside if k not in pairs and inside[k] and _is_in(labels[k].box, labels[i].tile)]
        sure = _sure_pairs(labels, faces, these, those)
        if i in sure:
            found[i] = sure[i]
    claims = Counter(found.values())
    return {i: j for i, j in found.items() if claims[j] == 1}


def _sure_pairs(labels: Sequence[Label], faces: Sequence[Face], these: list[int], those: list[int]) -> dict[int, int]:
    """Return the pairs of `these` labels and `those` faces that every good matching agrees on.

    All ways to give each face a label of its own are compared; cost is the distance in face widths. A
    pair is sure if every matching without it is worse by a clear margin. Fewer labels than faces decide
    nothing: one caption under several people does not say which of them it names. Among several people a
    name must also stand right at its face, as a name that was not read would shift the others.
    """
    if not those or len(these) < len(those) or len(these) > _MOST:
        return {}
    matchings = [dict(zip(chosen, those, strict=True)) for chosen in permutations(these, len(those))]
    costs = [sum(_distance(labels[i].box, faces[j].box) for i, j in pairs.items()) for pairs in matchings]
    best, agreed = min(zip(costs, matchings, strict=True), key=lambda entry: entry[0])
    rivals = [pairs for cost, pairs in zip(costs, matchings, strict=True) if cost < best + _MARGIN]
    sure = {i: j for i, j in agreed.items() if all(pairs.get(i) == j for pairs in rivals)}
    if len(those) == 1:
        return sure
    return {i: j for i, j in sure.items() if _is_at(labels[i].box, faces[j].box)}


def _is_in(box: Box, tile: Box | None) -> bool:
    """Say if the middle of `box` lies in `tile`; an unknown tile is the whole picture."""
    if tile is None:
        return True
    x, y = box.center_px
    return tile.x_px <= x <= tile.x_px + tile.w_px and tile.y_px <= y <= tile.y_px + tile.h_px


def _is_at(label: Box, face: Box) -> bool:
    """Say if a label stands right above, below or beside a face."""
    (label_x, label_y), (face_x, face_y) = label.center_px, face.center_px
    if abs(label_x - face_x) <= _UNDER * face.w_px:
        return True
    gap = abs(label_x - face_x) - (label.w_px + face.w_px) / 2
    return abs(label_y - face_y) <= face.h_px / 2 and gap <= _BESIDE * face.w_px


def _distance(label: Box, face: Box) -> float:
    """Return the way from a face to its caption in face widths; up and down count half."""
    (face_x, face_y), (label_x, label_y) = face.center_px, label.center_px
    aside = max(0.0, abs(face_x - label_x) - label.w_px / 2)
    away = max(0.0, abs(face_y - label_y) - label.h_px / 2 - face.h_px / 2)
    return (aside + away / 2) / max(face.w_px, 1.0)


def _is_next_word(first: Box, second: Box) -> bool:
    gap = second.x_px - (first.x_px + first.w_px)
    shared = min(first.y_px + first.h_px, second.y_px + second.h_px) - max(first.y_px, second.y_px)
    height = min(first.h_px, second.h_px)
    return -height < gap < _WORD_SPACE * height and shared > 0.5 * height


def _is_next_line(above: Box, below: Box) -> bool:
    gap = below.y_px - (above.y_px + above.h_px)
    shared = min(above.x_px + above.w_px, below.x_px + below.w_px) - max(above.x_px, below.x_px)
    is_close = -0.5 * above.h_px < gap < 0.6 * min(above.h_px, below.h_px)
    return is_close and shared > 0.5 * min(above.w_px, below.w_px)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(b.x_px for b in boxes), min(b.y_px for b in boxes)
    right, bottom = max(b.x_px + b.w_px for b in boxes), max(b.y_px + b.h_px for b in boxes)
    return Box(left, top, right - left, bottom - top)
