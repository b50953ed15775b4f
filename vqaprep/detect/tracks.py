"""Link the faces of one place into tracks that are one person each."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from vqaprep.detect.appearance import distance
from vqaprep.detect.sightings import Face
from vqaprep.rows import Span

SAME_PERSON = 0.27
"""Appearance distance up to which two faces may be one person; `benchmarks/crop.py` prints what was measured."""

_MIN_IOU = 0.15
_LINK_GAP_S = 5.0


@dataclass(frozen=True, slots=True)
class Track:
    """One person in one place within one stretch: faces by time, never empty."""

    faces: tuple[Face, ...]

    @property
    def start_s(self) -> float:
        """Time of the first face."""
        return self.faces[0].t_s

    @property
    def end_s(self) -> float:
        """Time of the last face."""
        return self.faces[-1].t_s

    def at(self, t_s: float) -> Face | None:
        """Return the face seen at exactly `t_s`, if any."""
        return next((face for face in self.faces if face.t_s == t_s), None)


def link(faces: Sequence[Face], *, breaks_s: Sequence[float] = (), min_score: float = 0.0) -> tuple[Track, ...]:
    """Return the tracks of `faces` (any order), by start time then from left to right.

    A track ends at each of `breaks_s` (a cut, or a gap in time, in which people may change places), when its place
    stays empty too long, when the face jumps, and when something that looks different takes its place.
    """
    done: list[list[Face]] = []
    live: list[list[Face]] = []
    stretch = 0
    ordered = sorted((f for f in faces if f.score >= min_score), key=lambda f: (f.t_s, f.box.x_px))
    for t_s, group in groupby(ordered, key=lambda f: f.t_s):
        now = bisect_right(breaks_s, t_s)
        if now != stretch:
            done, live, stretch = done + live, [], now
        done += [track for track in live if t_s - track[-1].t_s > _LINK_GAP_S]
        live = [track for track in live if t_s - track[-1].t_s <= _LINK_GAP_S]
        _extend(live, list(group))
    tracks = [Track(tuple(track)) for track in done + live]
    return tuple(sorted(tracks, key=lambda t: (t.start_s, t.faces[0].box.x_px)))


def within(tracks: Sequence[Track], span: Span) -> tuple[Track, ...]:
    """Return what each of `tracks` shows in `span`, without those that show nothing there."""
    cut = (tuple(face for face in track.faces if face.t_s in span) for track in tracks)
    return tuple(Track(faces) for faces in cut if faces)


def is_picture(track: Track, tracks: Sequence[Track]) -> bool:
    """Say if a face does not move at all for seconds, as in a photo, while one of `tracks` moves."""
    if len(track.faces) < _LEAST_FACES or _moved(track) > _PICTURE:
        return False
    meanwhile = within(tracks, Span(track.start_s, track.end_s))
    return any(len(other.faces) >= _LEAST_FACES and _moved(other) >= _ALIVE for other in meanwhile)


_LEAST_FACES = 4
_PICTURE, _ALIVE = 0.01, 0.02  # face widths that its middle strays from its usual place, at most and at least


def _moved(track: Track) -> float:
    """Return how far the face's middle strays from its usual place, in face widths."""
    xs, ys = (sorted(face.box.center_px[axis] for face in track.faces) for axis in (0, 1))
    middle = len(xs) // 2
    away = max(xs[-1] - xs[middle], xs[middle] - xs[0], ys[-1] - ys[middle], ys[middle] - ys[0])
    return away / max(track.faces[0].box.w_px, 1.0)


def _extend(live: list[list[Face]], faces: list[Face]) -> None:
    """Add each face to the track it overlaps most, or start one with it; a track takes one face."""
    pairs = sorted(
        ((track[-1].box.iou(face.box), i, j) for i, track in enumerate(live) for j, face in enumerate(faces)),
        reverse=True,
    )
    taken: dict[int, int] = {}
    for iou, i, j in pairs:
        if iou >= _MIN_IOU and i not in taken and j not in taken.values() and _is_alike(live[i], faces[j]):
            taken[i] = j
    for i, j in taken.items():
        live[i].append(faces[j])
    live += [[face] for j, face in enumerate(faces) if j not in taken.values()]


def _is_alike(track: list[Face], face: Face) -> bool:
    if not face.appearance or not track[-1].appearance:
        return True
    return distance(track[-1].appearance, face.appearance) <= SAME_PERSON
