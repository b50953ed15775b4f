"""Show on one picture how a crop was chosen: faces taken and refused, captions, and the rule that decided."""

from collections.abc import Sequence
from math import hypot
from pathlib import Path

from vqaprep.detect.doubt_words import readings_at
from vqaprep.detect.seating import MARGIN
from vqaprep.detect.sightings import Face, Sightings
from vqaprep.media.render_crop import Mark, box_at, contact_sheet
from vqaprep.rows import Dropped, TrackPoint, Video

_MOST_PICTURES = 12


def crop_sheet(video: Video, outcome: Video | Dropped, sightings: Sightings, target: Path) -> None:
    """Write the contact sheet of `video` to `target`, a PNG in which faces can be recognized.

    `outcome` is what `Crop` made of the video; a dropped one shows every face as rejected, and why: where a caption
    names nobody beyond doubt, the tiles of its two best readings.
    """
    track = () if isinstance(outcome, Dropped) else outcome.crop_track or ()
    marks, moments = _marks(sightings, track), _moments(sightings)
    if isinstance(outcome, Dropped) and outcome.reason == "subject_ambiguous":
        marks += [mark for t_s in moments if t_s in sightings.caption_times_s for mark in _doubts(sightings, t_s)]
    contact_sheet(video, target, marks, title=_title(outcome), times_s=moments)


def _doubts(sightings: Sightings, t_s: float) -> list[Mark]:
    """Return the tiles of both readings of each caption that names nobody beyond doubt; 1 is the better one."""
    unsure = [doubt for _, doubt in readings_at(sightings, t_s) if doubt.margin < MARGIN or len(doubt.people) != 1]
    tiles = [(number, tile) for doubt in unsure for number, tile in ((1, doubt.tile), (2, doubt.other_tile))]
    return [Mark(t_s, tile, "reading", f"reading {number}") for number, tile in tiles if tile is not None]


def _title(outcome: Video | Dropped) -> str:
    if isinstance(outcome, Dropped):
        return f"contains faces and names | dropped: {outcome.reason} | {outcome.detail}"
    return f"contains faces and names | chosen by {outcome.subject_rule} | {outcome.subject_name or 'no name'}"


def _marks(sightings: Sightings, track: Sequence[TrackPoint]) -> list[Mark]:
    followed = {point.t_s for point in track}
    marks = [Mark(c.t_s, c.box, "caption", c.text) for c in sightings.captions]
    for t_s in sightings.face_times_s:
        faces = [face for face in sightings.faces if face.t_s == t_s]
        mine = min(faces, key=lambda face: _off(face, track), default=None) if t_s in followed else None
        marks += [Mark(t_s, f.box, "chosen" if f is mine else "rejected", f"{f.score:.2f}") for f in faces]
    return marks + [Mark(point.t_s, point.box, "crop") for point in track]


def _off(face: Face, track: Sequence[TrackPoint]) -> float:
    """Return the distance in pixels from the face to the middle of the crop."""
    (x, y), (crop_x, crop_y) = face.box.center_px, box_at(track, face.t_s).center_px
    return hypot(x - crop_x, y - crop_y)


def _moments(sightings: Sightings) -> list[float]:
    """Return times worth showing: the readings first, then moments spread over the video."""
    spread = sightings.face_times_s[:: max(1, len(sightings.face_times_s) // _MOST_PICTURES)]
    readings = sightings.caption_times_s[: _MOST_PICTURES // 2]
    return sorted({*readings, *spread[: _MOST_PICTURES - len(readings)]})
