"""Say in words which two readings of a picture leave a doubt about whom a caption names."""

from collections.abc import Callable, Sequence

from vqaprep.detect import seating
from vqaprep.detect.captioned import labels_of
from vqaprep.detect.namings import still
from vqaprep.detect.seating import Doubt, doubts
from vqaprep.detect.sightings import Sightings
from vqaprep.rows import Box

_DIM = 0.5  # score from which a face that is too dim to follow may still be whom a caption names


def readings_in_words(sightings: Sightings, is_mine: Callable[[str], bool]) -> str:
    """Return both readings of the first picture with a caption that `is_mine`, or nothing where no tile was found."""
    shown = still(sightings.captions)
    for t_s in sightings.caption_times_s:
        captions = [caption for caption in shown if caption.t_s == t_s]
        labels = labels_of(captions, is_asked=is_mine)
        faces = [face.box for face in sightings.faces if face.t_s == t_s and face.score >= _DIM]
        found = doubts([(label.box, label.tiles) for label in labels], faces)
        for i, doubt in found.items():
            if any(map(is_mine, labels[i].lines)):
                return f": at {t_s:.1f} s {_words(doubt, faces)}"
    return ""


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
