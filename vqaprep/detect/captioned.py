"""Say which caption belongs to which face, and only where no other reading of the picture is nearly as good."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from vqaprep.detect.names import is_name
from vqaprep.detect.sightings import Caption, Face
from vqaprep.rows import Box

_MARGIN = 1.0  # face widths by which the second best matching must be worse
_MOST = 6  # more captions or faces than this in one tile are not told apart
_FAR = 6.0  # face widths between a caption and its face that are too many


@dataclass(frozen=True, slots=True)
class Label:
    """The lines of one caption, top to bottom, and the box around them."""

    lines: tuple[str, ...]
    box: Box


def labels_of(captions: Sequence[Caption], *, min_score: float = 0.3) -> list[Label]:
    """Group lines that stand close under one another; keep groups that hold what could be a name."""
    groups: list[list[Caption]] = []
    for caption in sorted(captions, key=lambda c: c.box.y_px):
        home = next((g for g in groups if _is_next_line(g[-1].box, caption.box)), None)
        if home is None:
            groups.append([caption])
        else:
            home.append(caption)
    return [
        Label(tuple(c.text for c in group), _around([c.box for c in group]))
        for group in groups
        if any(c.score >= min_score and is_name(c.text) for c in group)
    ]


def owners(labels: Sequence[Label], faces: Sequence[Face]) -> dict[int, int]:
    """Return label index -> face index for every label whose face is beyond doubt.

    All ways to give each face a label of its own are compared (cost: distance in face widths). A pair is
    kept if every matching without it is worse by a clear margin. Fewer labels than faces decide nothing.
    """
    if not faces or len(labels) < len(faces) or len(labels) > _MOST:
        return {}  # one caption under several people says nothing about which of them it names
    costs = _matchings([[_distance(label.box, face.box) for face in faces] for label in labels])
    best, best_pairs = min(costs, key=lambda entry: entry[0])
    return {
        i: j
        for i, j in best_pairs.items()
        if _distance(labels[i].box, faces[j].box) <= _FAR
        and all(cost >= best + _MARGIN for cost, pairs in costs if pairs.get(i) != j)
    }


def _matchings(distances: list[list[float]]) -> list[tuple[float, dict[int, int]]]:
    """Return (cost, label -> face) of every way to give each face its own label."""
    labels, faces = range(len(distances)), range(len(distances[0]))
    pairings = [dict(zip(chosen, faces, strict=True)) for chosen in permutations(labels, len(faces))]
    return [(sum(distances[i][j] for i, j in pairs.items()), pairs) for pairs in pairings]


def _distance(label: Box, face: Box) -> float:
    """Return the way from a face to its caption in face widths; up and down count half."""
    (face_x, face_y), (label_x, label_y) = face.center_px, label.center_px
    aside = max(0.0, abs(face_x - label_x) - label.w_px / 2)
    away = max(0.0, abs(face_y - label_y) - label.h_px / 2 - face.h_px / 2)
    return (aside + away / 2) / max(face.w_px, 1.0)


def _is_next_line(above: Box, below: Box) -> bool:
    gap = below.y_px - (above.y_px + above.h_px)
    shared = min(above.x_px + above.w_px, below.x_px + below.w_px) - max(above.x_px, below.x_px)
    return (
        gap < 0.6 * min(above.h_px, below.h_px)
        and gap > -0.5 * above.h_px
        and shared > 0.5 * min(above.w_px, below.w_px)
    )


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(b.x_px for b in boxes), min(b.y_px for b in boxes)
    right, bottom = max(b.x_px + b.w_px for b in boxes), max(b.y_px + b.h_px for b in boxes)
    return Box(left, top, right - left, bottom - top)
