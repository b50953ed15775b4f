"""Divide a video into stretches with the same people in the same places, for decisions by a reviewer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from vqaprep.detect.sightings import Caption, Face, Sightings
from vqaprep.detect.tracks import Track, link, within
from vqaprep.detect.visibility import breaks_s, changes_s
from vqaprep.media.look import Look
from vqaprep.rows import Box, Span, Video

_CLEAR = 0.8  # score from which a face opens a stretch
_DIM = 0.5  # score of what is shown where no face is clear: a person may see that it is one
_FLICKER_S = 2.5  # a face that comes or goes for less than this opens no stretch of its own within one view
_SAME_PLACE = 0.8


@dataclass(frozen=True, slots=True)
class Seat:
    """A person in one place: the face at the time of the picture, and the box that holds it through the stretch."""

    face: Face
    place: Box


@dataclass(frozen=True, slots=True)
class Layout:
    """A stretch of one layout: when it is, which moment shows it, who is there and what was read.

    `tiles` are rectangles around captions, in pixels like all boxes.
    """

    span: Span
    t_s: float
    seats: tuple[Seat, ...]
    tiles: tuple[Box, ...]
    readings: tuple[Caption, ...]


def layouts_of(video: Video, look: Look, sightings: Sightings) -> list[Layout]:
    """Return the stretches of the kept part of `video`, in order and without a hole."""
    keep = video.keep
    clear, dim = (
        within(link(sightings.faces, breaks_s=breaks_s(look), min_score=score), keep) for score in (_CLEAR, _DIM)
    )
    starts_s = _starts_s(clear, look, sightings, keep, frame_s=1 / video.rate_fps)
    spans = [Span(a, b) for a, b in pairwise([*starts_s, keep.end_s]) if b > a]
    return [_layout(span, within(clear, span) or within(dim, span), sightings) for span in spans]


def _starts_s(tracks: Sequence[Track], look: Look, sightings: Sightings, keep: Span, *, frame_s: float) -> list[float]:
    """Return where stretches open: where the picture changes at once, and where people come or go for good."""
    sudden = [float(t_s) for t_s in changes_s(look, frame_s)[0] if keep.start_s < t_s < keep.end_s]
    starts_s = [keep.start_s]
    before: frozenset[int] | None = None
    last_look_s = keep.start_s
    for t_s in (t_s for t_s in sightings.face_times_s if t_s in keep):
        people = frozenset(i for i, track in enumerate(tracks) if track.start_s <= t_s <= track.end_s)
        changed = [s for s in sudden if last_look_s < s <= t_s]
        if changed:
            starts_s.append(changed[-1])  # between two changes nobody was looked at
        elif before is not None and people != before and _lasts(people, t_s, tracks, keep):
            starts_s.append(t_s)
        else:
            people = before if before is not None else people
        before, last_look_s = people, t_s
    return sorted(set(starts_s))


def _lasts(people: frozenset[int], t_s: float, tracks: Sequence[Track], keep: Span) -> bool:
    """Say whether those who are seen at `t_s` stay, or the others stay away, longer than a flicker."""
    after_s = min(t_s + _FLICKER_S, keep.end_s)
    later = frozenset(i for i, track in enumerate(tracks) if track.start_s <= after_s <= track.end_s)
    return later == people or not tracks


def _layout(span: Span, inside: Sequence[Track], sightings: Sightings) -> Layout:
    looks_s = [t_s for t_s in sightings.face_times_s if t_s in span] or [span.start_s]
    middle_s = (span.start_s + span.end_s) / 2
    num_seen = Counter(face.t_s for track in inside for face in track.faces)
    t_s = max(looks_s, key=lambda t: (num_seen[t], -abs(t - middle_s)))
    seats = [_seat(track, t_s) for track in inside]
    captions = [caption for caption in sightings.captions if caption.t_s in span]
    tiles: list[Box] = []
    for caption in captions:
        box = caption.tiles[0].box if caption.tiles else caption.tile
        if box is not None and all(box.iou(other) < _SAME_PLACE for other in tiles):
            tiles.append(box)
    texts: dict[str, Caption] = {}
    for caption in captions:
        texts.setdefault(caption.text, caption)
    seats.sort(key=lambda seat: (round(seat.face.box.x_px / 50), seat.face.box.y_px))
    return Layout(span, t_s, tuple(seats), tuple(tiles), tuple(texts.values()))


def _seat(track: Track, t_s: float) -> Seat:
    nearest = min(track.faces, key=lambda face: abs(face.t_s - t_s))
    left, top = (min(getattr(face.box, side) for face in track.faces) for side in ("x_px", "y_px"))
    right = max(face.box.x_px + face.box.w_px for face in track.faces)
    bottom = max(face.box.y_px + face.box.h_px for face in track.faces)
    return Seat(nearest, Box(left, top, right - left, bottom - top))
