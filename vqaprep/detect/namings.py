"""Assign captions to tracks, at each look at which they were visible."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from vqaprep.detect.captioned import labels_of, owners
from vqaprep.detect.choice import Who
from vqaprep.detect.names import as_pattern, fits, is_name, may_fit
from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.detect.stretches import LEAST_LOOKS
from vqaprep.detect.tracks import Track

Lines = tuple[str, ...]
_MOST_LOOKS = 12  # at the faces above and below the captions of one reading
_DIM = 0.5  # score from which a face that is too dim to follow may still be whom a caption names


@dataclass(frozen=True, slots=True)
class Naming:
    """A label that was beyond doubt some track's own, at one look; when it was read, and the reader's confidence."""

    t_s: float
    lines: Lines
    track: int
    read_s: float
    score: float


def namings_of(tracks: Sequence[Track], sightings: Sightings, who: Who) -> tuple[list[Naming], list[Lines]]:
    """Return the labels that have an owner, and the names of each reading that holds any."""

    def is_asked(text: str) -> bool:
        return bool(who.subject and fits(text, who.subject)) or bool(who.excluded and fits(text, who.excluded))

    captions: dict[float, list[Caption]] = defaultdict(list)
    for caption in still(sightings):
        captions[caption.t_s].append(caption)
    faces: dict[float, list[Face]] = defaultdict(list)
    for face in sightings.faces:
        faces[face.t_s].append(face)
    namings, seen = [], []
    for t_s in sightings.caption_times_s:
        labels = labels_of(captions[t_s], is_asked=is_asked)
        seen.append(tuple(line for label in labels for line in label.lines if is_name(line) or is_asked(line)))
        namings += _namings(tracks, captions[t_s], faces, t_s, is_asked)
    return namings, [lines for lines in seen if lines]


def still(sightings: Sightings) -> list[Caption]:
    """Return the captions without writing that moves.

    What was read shortly before the next reading, with no looks between them, moves if it moved, at about the same
    place, after another reading: so does writing on clothes at its last one.
    """
    moving = [caption for caption in sightings.captions if caption.is_moving]
    return [
        caption
        for caption in sightings.captions
        if not caption.is_moving
        and (_is_looked_after(caption, sightings) or not any(_is_of(caption, other) for other in moving))
    ]


def _is_looked_after(caption: Caption, sightings: Sightings) -> bool:
    """Say if its own looks say whether it moves: it was seen again, or looked for often enough."""
    first = bisect_right(sightings.face_times_s, caption.t_s)
    next_s = sightings.caption_times_s[bisect_right(sightings.caption_times_s, caption.t_s) :][:1]
    last = bisect_left(sightings.face_times_s, next_s[0]) if next_s else len(sightings.face_times_s)
    return bool(caption.still_s) or last - first >= LEAST_LOOKS


def _is_of(caption: Caption, other: Caption) -> bool:
    """Say if two captions may be readings of one writing: they overlap, and their texts are alike."""
    a, b = caption.box, other.box
    is_near = abs(a.center_px[1] - b.center_px[1]) < max(a.h_px, b.h_px) and (
        a.x_px < b.x_px + b.w_px and b.x_px < a.x_px + a.w_px
    )
    return is_near and (may_fit(caption.text, as_pattern(other.text)) or may_fit(other.text, as_pattern(caption.text)))


def _namings(
    tracks: Sequence[Track],
    captions: Sequence[Caption],
    faces: Mapping[float, Sequence[Face]],
    t_s: float,
    is_asked: Callable[[str], bool],
) -> list[Naming]:
    """Return whom the captions of one reading name, then and at later looks at which they were still there.

    A face that gets a caption at few looks, while another mostly has it, was in its way.
    """
    found: dict[Lines, list[Naming]] = defaultdict(list)
    labels = labels_of(captions, is_asked=is_asked)
    for look_s in _spread(sorted({t_s, *(time_s for caption in captions for time_s in caption.still_s)})):
        still = {caption.text for caption in captions if look_s == t_s or look_s in caption.still_s}
        present = [(i, face) for i, track in enumerate(tracks) if (face := track.at(look_s)) is not None]
        known = {face.box for _, face in present}
        dim = [f for f in faces[look_s] if f.score >= _DIM and f.box not in known]
        # A caption whose letters are not clear at this look may still be there: it names nobody, and keeps its tile.
        pairs = owners(labels, [*(face for _, face in present), *dim])
        for i, j in pairs.items():
            is_there = all(any(word in line for word in still) for line in labels[i].lines)
            if j < len(present) and is_there:
                score = max(caption.score for caption in captions if any(caption.text in x for x in labels[i].lines))
                found[labels[i].lines].append(Naming(look_s, labels[i].lines, present[j][0], t_s, score))
    return [naming for those in found.values() for naming in _usual(those, tracks)]


def _usual(namings: Sequence[Naming], tracks: Sequence[Track]) -> list[Naming]:
    """Return the namings by one caption without those of faces that were in view with the one it mostly names.

    Two faces that are named at one look have a caption each.
    """
    looks: dict[int, set[float]] = defaultdict(set)
    for naming in namings:
        looks[naming.track].add(naming.t_s)
    usual = max(looks, key=lambda track: len(looks[track]))
    in_the_way = {
        track
        for track, times_s in looks.items()
        if len(times_s) < len(looks[usual])
        and not times_s & looks[usual]
        and are_together(tracks[track], tracks[usual])
    }
    return [naming for naming in namings if naming.track not in in_the_way]


def _spread(times_s: Sequence[float]) -> Sequence[float]:
    """Return some of the times, the first among them, evenly."""
    return times_s[:: max(1, -(-len(times_s) // _MOST_LOOKS))]


def are_together(first: Track, second: Track) -> bool:
    """Say if two tracks are in view at the same time."""
    return first.start_s <= second.end_s and first.end_s >= second.start_s
