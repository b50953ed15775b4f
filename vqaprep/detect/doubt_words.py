"""Describe the two readings of a picture that make a caption ambiguous."""

from collections.abc import Callable, Sequence

from vqaprep.detect import seating
from vqaprep.detect.captioned import labels_of
from vqaprep.detect.names import is_name
from vqaprep.detect.namings import still
from vqaprep.detect.seating import Doubt, doubts
from vqaprep.detect.sightings import Sightings
from vqaprep.rows import Box

_DIM = 0.5  # score from which a face that is too dim to follow may still be whom a caption names


def readings_in_words(sightings: Sightings, is_mine: Callable[[str], bool]) -> str:
    """Return both readings of the first picture with a caption that `is_mine`, or nothing where no tile was found."""
    for t_s in sightings.caption_times_s:
        faces = _faces(sightings, t_s)
        for lines, doubt in readings_at(sightings, t_s, is_mine):
            if any(map(is_mine, lines)):
                return f": at {t_s:.1f} s {_words(doubt, faces)}"
    return ""


def readings_at(
    sightings: Sightings, t_s: float, is_asked: Callable[[str], bool] = is_name
) -> list[tuple[tuple[str, ...], Doubt]]:
    """Return the lines of each caption that was read at `t_s` and has tiles, with the two best readings of its tile."""
    captions = [caption for caption in still(sightings) if caption.t_s == t_s]
    labels = labels_of(captions, is_asked=is_asked)
    found = doubts([(label.box, label.tiles) for label in labels], _faces(sightings, t_s))
    return [(labels[i].lines, doubt) for i, doubt in found.items()]


def _faces(sightings: Sightings, t_s: float) -> list[Box]:
    return [face.box for face in sightings.faces if face.t_s == t_s and face.score >= _DIM]


def _words(doubt: Doubt, faces: Sequence[Box]) -> str:
    best = f"its tile holds {_people(doubt.people, faces)}"
    if doubt.other_people is None:
        return best
    other = _people(doubt.other_people, faces)
    return f"{best} or, {max(0.0, doubt.margin):.2f} less likely ({seating.MARGIN:g} is needed), {other}"


def _people(people: frozenset[int], faces: Sequence[Box]) -> str:
    places = [f"({faces[i].center_px[0]:.0f}, {faces[i].center_px[1]:.0f})" for i in sorted(people)]
    if not places:
        return "nobody"
    return f"the face at {places[0]} px" if len(places) == 1 else f"the faces at {' and '.join(places)} px"
